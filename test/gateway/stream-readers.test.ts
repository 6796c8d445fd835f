import type { OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Script } from '../../src/mock-provider/index.js';
import { openStreamsHere } from '../../src/streaming/open-streams.js';
import { eventNames } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { startApart } from '../helpers/start-apart.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const WORDS = ['One ', 'two ', 'three.'];
const TEXT = WORDS.join('');
/** Many small chunks: their frames are many times larger than all that stands between two sockets. */
const LONG = 'ab '.repeat(60_000);

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: ['held', 'cut', 'left', 'flaky-once', 'long', 'spare', 'silent'].flatMap((name) => group(name)),
    router_settings: { ...FAST, num_retries: 1, fallbacks: [{ cut: ['spare'] }] },
    litellm_settings: { sse_keepalive_ping_interval_seconds: 0.1 },
  };
  gateway = await openGateway(config, {
    'held-up': [{ sse: WORDS, hold: true }],
    'cut-up': [{ sse: ['Wrong '], hold: true, then: 'reset' }, { sse: WORDS }],
    'left-up': [{ sse: WORDS, hold: true, then: 'reset' }, { sse: WORDS }],
    'flaky-once-up': [{ sse: ['Wrong '], hold: true, then: 'reset' }, { sse: WORDS }],
    'long-up': [{ content: LONG }],
    'silent-up': [{ hang: true }],
  });
});
afterAll(() => gateway.close());

type Chunk = OpenAI.ChatCompletionChunk & {
  holdfast?: Record<string, unknown> & { restart?: { group: string; attempt: number } };
};

const ask = (model: string) => ({
  model,
  stream: true as const,
  messages: [{ role: 'user' as const, content: 'Count.' }],
});

const open = async (model: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  gateway.openai().chat.completions.create(ask(model), { headers, ...(signal && { signal }) });

/** Reads on until the condition holds, or to the end. */
async function read(stream: AsyncIterable<Chunk>, until: (chunks: readonly Chunk[]) => boolean = () => false) {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    if (until(chunks)) break;
  }
  return chunks;
}

const textOf = (chunks: readonly Chunk[]) => chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
const isRead = (chunks: readonly Chunk[]) => textOf(chunks) === TEXT;
const isOpen = (model: string) => () =>
  gateway.provider.requestsFor(model).find(({ finishedAt, abortedAt }) => !finishedAt && !abortedAt);

describe('a reader with an Idempotency-Key', () => {
  test('that comes while the answer is written gets all of it at its end; one that comes later, too', async () => {
    const headers = { 'Idempotency-Key': 'late' };
    const first = read(await open('held', headers));
    await waitFor(isOpen('held-up'));
    const late = read(await open('held', headers));
    gateway.provider.release();
    const [one, two] = await Promise.all([first, late]);
    const again = await read(await open('held', headers));
    expect([one, two, again].map(textOf)).toEqual([TEXT, TEXT, TEXT]);
    expect(new Set([...one, ...two, ...again].map(({ id }) => id)).size).toBe(1);
    expect([two, again].map((chunks) => chunks.at(-1)?.choices[0]?.finish_reason)).toEqual(['stop', 'stop']);
    expect(again.at(-1)?.holdfast).toEqual(one.at(-1)?.holdfast);
    expect(gateway.provider.callCount('held-up')).toBe(1);
  });

  test('whose connection breaks comes back, and the call is not made twice', async () => {
    const before = gateway.provider.callCount('held-up');
    const headers = { 'Idempotency-Key': 'back' };
    const leaves = await open('held', headers);
    await read(leaves, isRead);
    leaves.controller.abort();
    const back = read(await open('held', headers));
    gateway.provider.release();
    expect(textOf(await back)).toBe(TEXT);
    expect(gateway.provider.callCount('held-up')).toBe(before + 1);
  });

  test('whose stream broke asks again, and the call is run again', async () => {
    const headers = { 'Idempotency-Key': 'broken' };
    const broken = await open('cut', headers);
    await expect(
      read(broken, (chunks) => {
        if (textOf(chunks) === 'Wrong ') gateway.provider.release();
        return false;
      }),
    ).rejects.toMatchObject({ error: { kind: 'APIConnectionError' } });
    // Content was read: neither a retry nor a fallback came.
    expect(gateway.provider.callCount('cut-up')).toBe(1);
    expect(gateway.provider.callCount('spare-up')).toBe(0);
    expect(textOf(await read(await open('cut', headers)))).toBe(TEXT);
  });
});

describe('x-holdfast-stream-restart', () => {
  test('true: the answer begins again, and its first chunk says so', async () => {
    const stream = await open('flaky-once', { 'x-holdfast-stream-restart': 'true' });
    const chunks = await read(stream, (soFar) => {
      if (textOf(soFar) === 'Wrong ') gateway.provider.release();
      return false;
    });
    const at = chunks.findIndex(({ holdfast }) => holdfast?.restart !== undefined);
    expect(textOf(chunks.slice(0, at))).toBe('Wrong ');
    expect(textOf(chunks.slice(at))).toBe(TEXT);
    expect(chunks[at]?.holdfast).toEqual({
      restart: { group: 'flaky-once', attempt: 2, instead_of: { group: 'flaky-once', attempt: 1 } },
    });
    expect(chunks.at(-1)?.holdfast).toMatchObject({ 'x-litellm-attempted-retries': '1' });
    expect(gateway.provider.callCount('flaky-once-up')).toBe(2);
  });

  test('must be true or false', async () => {
    const asked = open('held', { 'x-holdfast-stream-restart': 'yes' });
    await expect(asked).rejects.toMatchObject({ status: 400, error: { kind: 'BadRequestError' } });
  });
});

describe('a client that goes away', () => {
  const callIdOf = (chunks: { response: Response }) => chunks.response.headers.get('x-holdfast-workflow-id') ?? '';

  const leaveAfterFirst = async (headers: Record<string, string>, model = 'held') => {
    const { data, response } = await gateway.openai().chat.completions.create(ask(model), { headers }).withResponse();
    await read(data, isRead);
    const request = await waitFor(isOpen(`${model}-up`));
    data.controller.abort();
    return { request, handle: gateway.client.handle(callIdOf({ response })) };
  };

  test('ends the call, and the request to the provider', async () => {
    const { request, handle } = await leaveAfterFirst({});
    await waitFor(() => request.abortedAt);
    await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
  });

  test('unless it said detach', async () => {
    const { request, handle } = await leaveAfterFirst({ 'x-holdfast-on-disconnect': 'detach' });
    gateway.provider.release();
    const { response } = await handle.result();
    expect(response.choices[0]?.message.content).toBe(TEXT);
    expect(request.abortedAt).toBeUndefined();
  });

  test('and then nobody has seen what broke: it is retried', async () => {
    const { request, handle } = await leaveAfterFirst({ 'x-holdfast-on-disconnect': 'detach' }, 'left');
    // The gateway knows that the client has gone when it has logged the end of the request.
    await waitFor(() => gateway.logged.some((line) => line.includes(handle.callId)));
    gateway.provider.release();
    const { response, report } = await handle.result();
    expect(response.choices[0]?.message.content).toBe(TEXT);
    expect(report).toMatchObject({ attempts: 2, retries: 1 });
    expect(request.finishedAt).toBeDefined();
  });

  test('before the first content, it ends the call just the same', async () => {
    const leaving = new AbortController();
    const asked = open('silent', {}, leaving.signal).catch((error: unknown) => error);
    const request = await waitFor(isOpen('silent-up'));
    leaving.abort();
    await waitFor(() => request.abortedAt);
    await asked;
  });
});

test('a reader that reads nothing slows nobody down, and gets everything once it reads', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: ask('long') });
  const callId = response.headers.get('x-holdfast-workflow-id') ?? '';
  const { response: answer } = await gateway.client.handle(callId).result();
  expect(answer.choices[0]?.message.content).toBe(LONG);
  const { text, events } = await readEvents(response);
  const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data) as Chunk);
  expect(textOf(chunks)).toBe(LONG);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  // What it was too slow for came in one piece.
  expect(chunks.length).toBeLessThan(LONG.length / 3);
});

test(
  'a stream that is silent is kept alive from its first second on, and an error then is an event',
  TIMED,
  async () => {
    const response = await gateway.fetch('/v1/chat/completions', {
      json: { ...ask('silent'), stream_timeout: 2.5, num_retries: 0 },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-holdfast-workflow-id')).toMatch(/^call-/);
    expect(response.headers.get('x-litellm-model-group')).toBeNull();
    const { text, events } = await readEvents(response);
    expect(text.split(': keep-alive\n').length).toBeGreaterThan(2);
    // Strict readers take an empty line for an event without data.
    expect(text).not.toMatch(/^:.*\n\n/m);
    expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
      error: {
        kind: 'Timeout',
        status: 408,
        holdfast: { 'x-litellm-model-group': 'silent', 'x-should-retry': 'false' },
      },
    });
    expect(text).not.toContain('data: [DONE]');
  },
);

test('an attempt that another process of the same kind took is read through the workflow', async () => {
  const config = { model_list: group('held'), router_settings: FAST };
  const other = await openGateway(config, { 'held-up': [{ sse: WORDS, hold: true }] }, {}, (options) =>
    startApart(options, (way, client) => openStreamsHere(way, (callId) => client.handle(callId).describe())),
  );
  const stream = await other.openai().chat.completions.create(ask('held'));
  const chunks = await read(stream, (soFar) => {
    if (isRead(soFar)) other.provider.release();
    return false;
  });
  expect(chunks.map(({ choices }) => choices[0]?.delta.content)).toEqual(['', ...WORDS, undefined]);
  await other.close();
});

test('what another process made of an answer before anybody looked there can be taken back: it is retried', async () => {
  const config = { model_list: group('cut'), router_settings: { ...FAST, num_retries: 1 } };
  const script: Script = { 'cut-up': [{ sse: ['Wrong '], hold: true, then: 'reset' }, { sse: WORDS }] };
  const nobodyLooks = async () => ({ pending: null });
  const other = await openGateway(config, script, {}, (options) =>
    startApart(options, (way) => openStreamsHere(way, nobodyLooks)),
  );
  const response = await other.fetch('/v1/chat/completions', {
    json: ask('cut'),
    headers: { 'Idempotency-Key': 'unread' },
  });
  const callId = response.headers.get('x-holdfast-workflow-id') ?? '';
  // The response begins after a second, as no content comes of that.
  await waitFor(async () => (await eventNames(callId)).includes('WorkflowExecutionSignaled'));
  other.provider.release();
  const { events } = await readEvents(response);
  const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data) as Chunk);
  expect(textOf(chunks)).toBe(TEXT);
  expect(chunks.at(-1)?.holdfast).toMatchObject({ 'x-litellm-attempted-retries': '1' });
  expect(other.provider.callCount('cut-up')).toBe(2);
  await other.close();
});

test('time to first token is counted by group', async () => {
  const metrics = await (await gateway.fetch('/metrics')).text();
  expect(metrics).toMatch(/holdfast_time_to_first_token_seconds_count\{group="held"\} [1-9]/);
  expect(metrics).not.toContain('holdfast_time_to_first_token_seconds_count{group="silent"}');
});
