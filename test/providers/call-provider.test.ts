import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
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

const request = (model: string, changes: Partial<ProviderRequest> = {}) => buildRequest(provider, model, changes);

const failureOf = async (asked: ProviderRequest) => {
  const outcome = await callProvider(asked);
  if (outcome.facts === null) throw new Error(`it answered: ${JSON.stringify(outcome.response)}`);
  return classify(outcome.facts, Date.now());
};

describe('an answer', () => {
  test('comes back unchanged, with its id and its tokens', async () => {
    const outcome = await callProvider(request('ok'));
    expect(outcome).toMatchObject({
      facts: null,
      status: 200,
      requestId: expect.stringMatching(/^req_mock_/),
      tokens: { prompt: expect.any(Number), completion: expect.any(Number), total: expect.any(Number) },
      response: { object: 'chat.completion', choices: [{ message: { content: 'Echo: Which bird is this?' } }] },
    });
  });

  test('blocked by a content filter is delivered where no fallback could serve', async () => {
    const outcome = await callProvider(request('filter', { blockedAnswerFails: false }));
    expect(outcome).toMatchObject({ facts: null, response: { choices: [{ finish_reason: 'content_filter' }] } });
  });
});

describe('the size of an answer', () => {
  const large = (maxAnswerBytes?: number) => request('large(2000000)', { maxAnswerBytes });

  test('is that which can be kept: less through Temporal than beside the file of a batch', async () => {
    expect(await callProvider(large(3_000_000))).toMatchObject({ facts: null });
    expect(await failureOf(large())).toMatchObject({
      kind: 'ResponseTooLargeError',
      message: expect.stringContaining('at most 1500000 can be kept'),
    });
  });

  test('is bounded on the wire, too', async () => {
    expect(await failureOf(large(100_000))).toMatchObject({
      kind: 'ResponseTooLargeError',
      message: expect.stringContaining('at most 100000 can be kept'),
    });
  });
});

describe('the request', () => {
  test.each([
    ['small', 10],
    ['large', 300_000],
  ])('arrives whole, and says how long it is: a %s one', async (size, characters) => {
    const model = `whole-${size}`;
    const body = { messages: [{ role: 'user', content: '漢字 😀'.repeat(characters) }] };
    await callProvider(request(model, { body }));
    const [sent] = provider.requestsFor(model);
    expect(sent?.body).toEqual({ ...body, model });
    const bytes = Buffer.byteLength(JSON.stringify({ ...body, model }));
    expect(sent?.headers).toMatchObject({ 'content-length': String(bytes) });
    expect(sent?.headers).not.toHaveProperty('transfer-encoding');
  });

  test('has the key, the model of the deployment, and the fields of the deployment below those of the caller', async () => {
    const connection = {
      ...request('').connection,
      params: { temperature: 0.1, top_p: 0.5 },
    };
    const body = { messages: [{ role: 'user', content: 'hi' }], temperature: 0.9, model: 'group' };
    await callProvider(request('exact-model', { connection, body }));
    const [sent] = provider.requestsFor('exact-model');
    expect(sent?.headers.authorization).toBe(`Bearer ${PLANTED_KEY}`);
    expect(sent?.body).toEqual({ messages: body.messages, temperature: 0.9, top_p: 0.5, model: 'exact-model' });
    expect(sent?.path).toBe('/v1/chat/completions');
  });
});

describe('one request, whatever happens', () => {
  test.each<[fault: string, kind: string, status: number, message?: string]>([
    ['400', 'BadRequestError', 400],
    ['context', 'ContextWindowExceededError', 400],
    ['policy', 'ContentPolicyViolationError', 400],
    ['filter', 'ContentPolicyViolationError', 400, 'content filter'],
    ['auth', 'AuthenticationError', 401],
    ['402', 'PaymentRequiredError', 402],
    ['403', 'PermissionDeniedError', 403],
    ['404', 'NotFoundError', 404],
    ['408', 'Timeout', 408],
    ['409', 'ConflictError', 409],
    ['422', 'UnprocessableEntityError', 422],
    ['418', 'BadRequestError', 418],
    ['429', 'RateLimitError', 429],
    ['quota', 'RateLimitError', 429],
    ['500', 'InternalServerError', 500],
    ['502', 'BadGatewayError', 502],
    ['503', 'ServiceUnavailableError', 503],
    ['504', 'GatewayTimeoutError', 504],
    ['529', 'InternalServerError', 529],
    ['reset', 'APIConnectionError', 502],
    ['cut', 'APIConnectionError', 502],
    ['html', 'InvalidResponseError', 502, 'no JSON (text/html'],
    ['empty', 'InvalidResponseError', 502, 'empty body'],
    ['no-choices', 'InvalidResponseError', 502, 'without choices'],
    ['error200', 'InvalidResponseError', 502],
    ['large(1600000)', 'ResponseTooLargeError', 502],
    ['large(9000000)', 'ResponseTooLargeError', 502],
  ])('%s is %s (%i)', async (fault, kind, status, message = '') => {
    const before = provider.callCount(fault);
    const failure = await failureOf(request(fault));
    expect(failure).toMatchObject({ kind, status });
    expect(failure.message).toContain(message);
    expect(failure.message.length).toBeLessThanOrEqual(300);
    expect(JSON.stringify(failure)).not.toContain(PLANTED_KEY.slice(0, 10));
    expect(provider.callCount(fault)).toBe(before + 1);
  });

  test.each<[name: string, step: Step, kind: string]>([
    [
      'an error in a 200 that names a status',
      { body: { error: { message: 'slow down', code: 429 } } },
      'RateLimitError',
    ],
    ['the same in digits', { body: { error: { message: 'no', code: '401' } } }, 'AuthenticationError'],
    ['error: null beside an answer', { status: 503, body: { detail: 'overloaded' } }, 'ServiceUnavailableError'],
  ])('%s', async (_name, step, kind) => {
    provider.setScript({ scripted: [step] });
    expect(await failureOf(request('scripted'))).toMatchObject({ kind });
  });

  test('a redirect is not followed; the error says where it leads, without the query', async () => {
    const location = `https://llm.example.org/v1/chat/completions?key=${PLANTED_KEY}`;
    provider.setScript({ elsewhere: [{ status: 307, headers: { location } }] });
    const failure = await failureOf(request('elsewhere'));
    expect(failure).toMatchObject({
      kind: 'InvalidResponseError',
      message: expect.stringContaining('a redirect to https://llm.example.org/v1/chat/completions. None is followed'),
      notRetriedByDefault: expect.stringContaining('redirect'),
    });
    expect(JSON.stringify(failure)).not.toContain(PLANTED_KEY);
  });

  test('the headers that matter are kept', async () => {
    const limited = await failureOf(request('429(retry-after=2.5)'));
    expect(limited).toMatchObject({ retryAfterMs: 2500, requestId: expect.stringMatching(/^req_mock_/) });
    const noRetry = await failureOf(request('500(x-should-retry=false)'));
    expect(noRetry.notRetriedByDefault).toContain('x-should-retry');
  });

  test("a proxy's own headers count, then those that it hands on from its provider", async () => {
    const handedOn = '429(llm_provider-retry-after=2.5;llm_provider-x-should-retry=false)';
    const limited = await failureOf(request(handedOn));
    expect(limited).toMatchObject({
      retryAfterMs: 2500,
      notRetriedByDefault: expect.stringContaining('x-should-retry'),
    });
    expect(await failureOf(request('429(retry-after=1;llm_provider-retry-after=2.5)'))).toMatchObject({
      retryAfterMs: 1000,
    });
  });
});

describe('an attempt ends', TIMED, () => {
  test('at its timeout, while nothing comes', async () => {
    const failure = await failureOf(request('hang', { limit: { limitMs: 150, scope: 'attempt' } }));
    expect(failure).toMatchObject({ kind: 'Timeout', status: 408, deadlineReached: false });
    expect(failure.message).toContain('within the attempt timeout of 0.15 s, while waiting for the answer');
    await waitFor(() => provider.requestsFor('hang').at(-1)?.abortedAt);
  });

  test('at its timeout, while the answer drips', async () => {
    const failure = await failureOf(request('drip(0.1)', { limit: { limitMs: 350, scope: 'attempt' } }));
    expect(failure.message).toContain('while reading the answer');
  });

  test('at the deadline, and says so', async () => {
    const failure = await failureOf(request('hang', { limit: { limitMs: 100, scope: 'deadline' } }));
    expect(failure).toMatchObject({ kind: 'Timeout', deadlineReached: true });
  });

  test('when it is interrupted: the request is aborted, and an error with the reason is thrown', async () => {
    const controller = new AbortController();
    const reason = new Error('shutting down');
    const call = callProvider(request('hang', { interrupt: controller.signal }));
    const before = provider.requestsFor('hang').length;
    await waitFor(() => provider.requestsFor('hang').length > before);
    controller.abort(reason);
    await expect(call).rejects.toMatchObject({ name: 'Error', cause: reason, tokens: null });
    const late = callProvider(request('hang', { interrupt: controller.signal }));
    await expect(late).rejects.toBeInstanceOf(InterruptedError);
    await waitFor(() => provider.requestsFor('hang').at(-1)?.abortedAt);
  });
});

describe('no connection', () => {
  test('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close();
    await once(server, 'close');
    const connection = { ...request('').connection, apiBase: `http://127.0.0.1:${port}/v1` };
    expect(await failureOf(request('ok', { connection }))).toMatchObject({
      kind: 'APIConnectionError',
      message: 'the connection was refused (ECONNREFUSED), while connecting',
    });
  });

  test('a host that does not exist', async () => {
    const connection = { ...request('').connection, apiBase: 'http://nowhere.invalid/v1' };
    const failure = await failureOf(request('ok', { connection }));
    expect(failure.kind).toBe('APIConnectionError');
    expect(failure.message).toMatch(/host name/);
  });

  test('TLS where none is spoken', async () => {
    const connection = { ...request('').connection, apiBase: `${provider.url.replace('http:', 'https:')}/v1` };
    expect(await failureOf(request('ok', { connection }))).toMatchObject({ kind: 'APIConnectionError', status: 502 });
  });
});
