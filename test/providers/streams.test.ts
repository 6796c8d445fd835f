import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
import type { Operation } from '../../src/core/common/operations.js';
import { startMockProvider, type MockProvider, type Step } from '../../src/mock-provider/index.js';
import { createCallProvider, InterruptedError } from '../../src/providers/call-provider.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { buildRequest } from './build-request.js';

const callProvider = createCallProvider([PLANTED_KEY]);

let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

const messages = [{ role: 'user', content: 'Which bird is this?' }];
const streamed = (model: string, changes: Partial<ProviderRequest> = {}) =>
  buildRequest(provider, model, { body: { messages, stream: true }, ...changes });

const failureOf = async (asked: ProviderRequest) => {
  const outcome = await callProvider(asked);
  if (outcome.facts === null) throw new Error(`it answered: ${JSON.stringify(outcome.response)}`);
  return classify(outcome.facts, Date.now());
};

const play = (step: Step, changes: Partial<ProviderRequest> = {}) => {
  provider.setScript({ scripted: [step] });
  return streamed('scripted', changes);
};

describe('a streamed answer is the same as one that comes as a whole', () => {
  test.each<[operation: Operation, body: Record<string, unknown>]>([
    ['chat.completions', { messages }],
    ['completions', { prompt: 'Which bird is this?' }],
    ['responses', { input: 'Which bird is this?' }],
  ])('%s', async (operation, body) => {
    provider.setScript({ same: 'ok' });
    const whole = await callProvider(buildRequest(provider, 'same', { operation, body }));
    const assembled = await callProvider(
      buildRequest(provider, 'same', { operation, body: { ...body, stream: true } }),
    );
    const withoutNumbers = (outcome: unknown) => JSON.parse(JSON.stringify(outcome).replace(/(mock[-_])\d+/g, '$1'));
    expect(withoutNumbers(assembled)).toMatchObject(withoutNumbers(whole));
    expect(assembled).toMatchObject({ facts: null, tokens: { total: expect.any(Number) } });
  });
});

describe('the request for a stream', () => {
  const sent = async (body: Record<string, unknown>, params: Record<string, unknown> = {}) => {
    const connection = { ...streamed('').connection, params };
    await callProvider(streamed('ok', { body: { messages, stream: true, ...body }, connection }));
    return provider.requestsFor('ok').at(-1)?.body;
  };

  test.each<[what: string, body: Record<string, unknown>, params: Record<string, unknown>, options: unknown]>([
    ['asks for the tokens', {}, {}, { include_usage: true }],
    ['beside what the caller asks for', { stream_options: { a: 1 } }, {}, { include_usage: true, a: 1 }],
    ['beside what the deployment asks for', {}, { stream_options: { a: 1 } }, { include_usage: true, a: 1 }],
    [
      'unless the caller does not want them',
      { stream_options: { include_usage: false } },
      {},
      { include_usage: false },
    ],
    ['or wants no options sent', { stream_options: null }, {}, undefined],
  ])('%s', async (_, body, params, options) => {
    expect(await sent(body, params)).toEqual({
      model: 'ok',
      messages,
      stream: true,
      ...(options === undefined ? {} : { stream_options: options }),
    });
  });

  test('has no such question where the answer cannot be streamed', async () => {
    await callProvider(buildRequest(provider, 'ok', { operation: 'embeddings', body: { input: 'hi', stream: true } }));
    expect(provider.requestsFor('ok').at(-1)?.body).toEqual({ model: 'ok', input: 'hi', stream: true });
  });
});

describe('a stream that fails before its first content is like any other failure', () => {
  test.each<[what: string, step: Step, kind: string, status: number]>([
    ['a status', { status: 429 }, 'RateLimitError', 429],
    ['an error event', { sse: [], then: 'error' }, 'InvalidResponseError', 502],
    [
      'an error event that names a status',
      { sse: [], then: 'error', error: { message: 'slow down', code: 429 } },
      'RateLimitError',
      429,
    ],
    ['an event that is no JSON', { sse: [], then: 'malformed' }, 'InvalidResponseError', 502],
    ['an end without anything', { sse: [], then: 'end' }, 'InvalidResponseError', 502],
    ['an end after a role', { sse: [''], then: 'end' }, 'InvalidResponseError', 502],
    ['a reset', { sse: [''], then: 'reset' }, 'APIConnectionError', 502],
    ['a reset before the status', { reset: true }, 'APIConnectionError', 502],
    ['a page', { raw: '<p>Bad gateway</p>', headers: { 'content-type': 'text/html' } }, 'InvalidResponseError', 502],
    ['an error as JSON', { body: { error: { message: 'no', code: 401 } } }, 'AuthenticationError', 401],
    ['blocked, without a word', { sse: [], finish_reason: 'content_filter' }, 'ContentPolicyViolationError', 400],
  ])('%s', async (_, step, kind, status) => {
    const failure = await failureOf(play(step));
    expect(failure).toMatchObject({ kind, status });
    expect(failure).not.toHaveProperty('contentDelivered');
  });
});

describe('a stream that fails after its first content says so', () => {
  test.each<[what: string, step: Step, kind: string, status: number]>([
    ['a reset', { sse: ['Hel', 'lo'], then: 'reset' }, 'APIConnectionError', 502],
    ['an error event', { sse: ['Hel', 'lo'], then: 'error' }, 'InvalidResponseError', 502],
    ['an event that is no JSON', { sse: ['Hel', 'lo'], then: 'malformed' }, 'InvalidResponseError', 502],
    ['an end without finish reason and [DONE]', { sse: ['Hel', 'lo'], then: 'end' }, 'InvalidResponseError', 502],
    ['half of it, then a reset', { sse: ['Hel', 'lo'.repeat(200)], cut: true }, 'APIConnectionError', 502],
    ['more than can be kept', { large: 1_600_000 }, 'ResponseTooLargeError', 502],
  ])('%s', async (_, step, kind, status) => {
    expect(await failureOf(play(step))).toMatchObject({ kind, status, contentDelivered: true });
  });

  test('but an answer that is blocked after content is delivered, for it cannot be taken back', async () => {
    expect(await callProvider(play({ sse: ['Hel', 'lo'], finish_reason: 'content_filter' }))).toMatchObject({
      facts: null,
      response: { choices: [{ message: { content: 'Hello' }, finish_reason: 'content_filter' }] },
    });
  });
});

describe('what a stream told of tokens before it broke was charged', () => {
  const events = (...data: unknown[]) => data.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');
  const usage = (prompt: number, completion: number) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  });
  const chunk = (content: string, its: unknown = null) => ({ choices: [{ index: 0, delta: { content } }], usage: its });
  const error = { error: { message: 'overloaded' } };
  /** A comment that makes the events the first half of the body, which is all that comes. */
  const cut = (text: string): Step => ({ ...asStream(`${text}:${' '.repeat(text.length)}\n\n`), cut: true });
  const asStream = (raw: string): Step => ({ raw, headers: { 'content-type': 'text/event-stream' } });

  test.each<[what: string, step: Step, tokens: unknown, changes?: Partial<ProviderRequest>]>([
    ['cut: the last word counts', cut(events(chunk('a', usage(7, 1)), chunk('b', usage(7, 2)), chunk('c'))), [7, 2]],
    ['cut before the first content', cut(events(chunk('', usage(7, 0)))), [7, 0]],
    ['an error event', asStream(events(chunk('a', usage(7, 1)), error)), [7, 1]],
    ['an end without [DONE]', asStream(events(chunk('a', usage(7, 1)))), [7, 1]],
    [
      'a response',
      cut(events({ type: 'response.in_progress', response: { usage: { input_tokens: 7, output_tokens: 3 } } }, {})),
      [7, 3],
      { operation: 'responses', body: { input: 'hello', stream: true } },
    ],
    ['nothing was told', cut(events(chunk('a'), chunk('b'))), null],
  ])('%s', async (_, step, tokens, changes) => {
    const { tokens: told } = await failureOf(play(step, changes));
    expect(told === null ? null : [told.prompt, told.completion]).toEqual(tokens);
  });
});

test('what a stream told of tokens before it was interrupted was charged, too', async () => {
  const usage = { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 };
  const chunk = { choices: [{ index: 0, delta: { content: 'Hello' } }], usage };
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(chunk)}\n\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = { ...streamed('').connection, apiBase: `http://127.0.0.1:${port}/v1` };
  const tokensAfter = async (delayMs: number): Promise<unknown> => {
    const call = callProvider(streamed('any', { connection, interrupt: AbortSignal.timeout(delayMs) }));
    const error: unknown = await call.catch((reason: unknown) => reason);
    return error instanceof InterruptedError ? error.tokens : error;
  };
  // Nobody sees from outside when the chunk was read.
  let delayMs = 10;
  const tokens = await waitFor(() => tokensAfter((delayMs *= 2)), { what: 'an interruption after the first chunk' });
  expect(tokens).toEqual({ prompt: 7, completion: 1, total: 8 });
  server.closeAllConnections();
  server.close();
});

test('a provider that answers a request for a stream without one has answered', async () => {
  const body = { choices: [{ message: { content: 'Hello' } }] };
  expect(await callProvider(play({ body }))).toMatchObject({ facts: null, response: body });
});

describe('times of a stream', TIMED, () => {
  const limits = (firstContentMs: number | null, idleMs: number) => ({ streamLimits: { firstContentMs, idleMs } });

  test.each<[what: string, step: Step, changes: Partial<ProviderRequest>, message: string, delivered?: true]>([
    [
      'no status before stream_timeout',
      { hang: true },
      limits(150, 5000),
      'no content of the stream within 0.15 s (stream_timeout), while waiting',
    ],
    [
      'no content before stream_timeout',
      { sse: [''], then: 'hang' },
      limits(150, 10),
      'no content of the stream within 0.15 s (stream_timeout), while reading',
    ],
    [
      'silence after a chunk, without stream_timeout',
      { sse: [''], then: 'hang' },
      limits(null, 150),
      'the stream was silent for 0.15 s (stream_idle_timeout)',
    ],
    [
      'silence after content',
      { sse: ['He'], then: 'hang' },
      limits(5000, 150),
      'the stream was silent for 0.15 s (stream_idle_timeout)',
      true,
    ],
    [
      'the attempt timeout, however well the stream goes',
      { sse: ['a', 'b', 'c', 'd'], drip: [20, 0.2] },
      { ...limits(5000, 5000), limit: { limitMs: 2000, scope: 'attempt' } },
      'within the attempt timeout of 2 s',
      true,
    ],
    [
      'the deadline of the group',
      { hang: true },
      { ...limits(5000, 5000), limit: { limitMs: 100, scope: 'deadline' } },
      'before the deadline',
    ],
  ])('%s', async (_, step, changes, message, delivered) => {
    const failure = await failureOf(play(step, changes));
    expect(failure).toMatchObject({ kind: 'Timeout', status: 408 });
    expect(failure.message).toContain(message);
    expect(failure.contentDelivered).toBe(delivered);
    await waitFor(() => provider.requestsFor('scripted').at(-1)?.abortedAt);
  });

  test('a stream that is never silent for long may take longer than stream_timeout and stream_idle_timeout', async () => {
    const step: Step = { sse: ['a', 'b', 'c', 'd', 'e', 'f'], drip: [12, 0.25] };
    expect(await callProvider(play(step, limits(2000, 1500)))).toMatchObject({
      response: { choices: [{ message: { content: 'abcdef' } }] },
    });
  });

  test('an answer that is no stream is not bound by them', async () => {
    const asked = buildRequest(provider, 'slow(0.3)', { streamLimits: { firstContentMs: 50, idleMs: 50 } });
    expect(await callProvider(asked)).toMatchObject({ facts: null });
  });
});
