import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { rawRequest, sendRaw } from '../helpers/raw-http.js';
import { callsOf } from '../helpers/temporal.js';
import { sha256 } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

const KEYS = { alice: 'sk-alice-0123456789', bob: 'sk-bob-0123456789' } as const;
type Who = keyof typeof KEYS;

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: [
      ...group('good'),
      ...group('slow'),
      ...group('down'),
      ...group('once'),
      ...group('hanging'),
      ...group('waiting'),
    ],
    router_settings: { ...FAST, num_retries: 1, retry_policy: { RateLimitErrorRetries: 1 } },
    general_settings: {
      api_keys: Object.entries(KEYS).map(([id, key]) => ({ id, sha256: sha256(key) })),
    },
  };
  gateway = await openGateway(config, {
    'good-up': 'ok',
    'slow-up': 'slow(1.5)',
    'down-up': '500',
    'once-up': '400,ok',
    'hanging-up': 'hang',
    'waiting-up': '429(retry-after=3600)',
  });
});
afterAll(() => gateway.close());

let number = 0;
const freshKey = (): string => `key ${++number} of this run`;

interface Sent {
  who?: Who;
  model?: string;
  content?: string;
  key?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function send({ who = 'alice', model = 'good', content = 'Which bird?', key, headers, signal }: Sent = {}) {
  return gateway.fetch('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content }] },
    headers: {
      authorization: `Bearer ${KEYS[who]}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

const callIdOf = (response: Response): string => response.headers.get('x-holdfast-workflow-id') ?? '';
const look = (id: string, who: Who = 'alice', init: RequestInit = {}) =>
  gateway.fetch(`/holdfast/calls/${id}`, { ...init, headers: { authorization: `Bearer ${KEYS[who]}` } });

/** Starts a call and goes away when the provider has it. */
async function abandon(sent: Sent & { model: string }): Promise<void> {
  const before = gateway.provider.callCount(`${sent.model}-up`);
  const client = new AbortController();
  const response = send({ ...sent, signal: client.signal }).catch(() => null);
  await waitFor(() => gateway.provider.callCount(`${sent.model}-up`) > before, { what: 'the provider to be asked' });
  client.abort();
  await response;
}

describe('an Idempotency-Key', () => {
  test('gives the same answer for the same request, and asks once', async () => {
    const key = freshKey();
    const before = gateway.provider.callCount('good-up');
    const first = await send({ key });
    const second = await send({ key });
    expect(callIdOf(second)).toBe(callIdOf(first));
    expect(callIdOf(first)).toMatch(/^call-[\da-f]{40}$/);
    expect(await second.json()).toEqual(await first.json());
    expect(gateway.provider.callCount('good-up')).toBe(before + 1);
  });

  test('joins a call that runs', async () => {
    const key = freshKey();
    const before = gateway.provider.callCount('slow-up');
    const [first, second] = await Promise.all([send({ key, model: 'slow' }), send({ key, model: 'slow' })]);
    expect(await second.json()).toEqual(await first.json());
    expect(gateway.provider.callCount('slow-up')).toBe(before + 1);
  });

  test('is a 409 for another request, also when only a header of LiteLLM differs', async () => {
    const key = freshKey();
    await send({ key });
    for (const other of [{ content: 'Which fish?' }, { headers: { 'x-litellm-num-retries': '7' } }]) {
      const response = await send({ key, ...other });
      expect(response.status).toBe(409);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await response.json()).toMatchObject({ error: { kind: 'ConflictError', code: 'conflict' } });
    }
  });

  test('is another call for another key of the gateway', async () => {
    const key = freshKey();
    const before = gateway.provider.callCount('good-up');
    const [alice, bob] = [await send({ key }), await send({ key, who: 'bob', content: 'Something else' })];
    expect([alice.status, bob.status]).toEqual([200, 200]);
    expect(callIdOf(bob)).not.toBe(callIdOf(alice));
    expect(gateway.provider.callCount('good-up')).toBe(before + 2);
  });

  test('of a call that failed runs it again', async () => {
    const key = freshKey();
    expect((await send({ key, model: 'once' })).status).toBe(400);
    expect((await send({ key, model: 'once' })).status).toBe(200);
  });

  test.each([
    ['', 'Idempotency-Key'],
    ['x'.repeat(256), 'Idempotency-Key'],
  ])('that is %j is a 400', async (key, message) => {
    const response = await send({ key });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(message);
  });
});

test('two headers Idempotency-Key are a 400, not a key that joins them', async () => {
  const headers = [`authorization: Bearer ${KEYS.alice}`, 'content-type: application/json'];
  const keys = ['idempotency-key: one', 'Idempotency-Key: two'];
  const body = JSON.stringify({ model: 'good', messages: [{ role: 'user', content: 'hi' }] });
  const answer = await sendRaw(
    gateway.url,
    rawRequest('/v1/chat/completions', { headers: [...headers, ...keys], body }),
  );
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('Idempotency-Key: must be given once');
});

describe('without an Idempotency-Key', () => {
  test('each request is a call of its own', async () => {
    const [first, second] = [await send(), await send()];
    expect(callIdOf(first)).not.toBe(callIdOf(second));
  });
});

describe('a client that goes away', () => {
  test('cancels its call, and the request to the provider ends', async () => {
    await abandon({ model: 'hanging', content: 'cancelled' });
    const request = gateway.provider.requestsFor('hanging-up').at(-1)!;
    await waitFor(() => request.abortedAt, { what: 'the request to be aborted' });
  });

  test('leaves its call when it said so, and finds it by its id', async () => {
    const headers = { 'x-holdfast-on-disconnect': 'detach' };
    await abandon({ model: 'slow', content: 'detached', headers });
    const callId = await waitFor(
      async () => {
        for (const each of await callsOf(gateway.taskQueue, 'Completed')) {
          const { summary } = await gateway.client.handle(each).describe();
          if (summary === 'detached') return each;
        }
        return null;
      },
      { what: 'the detached call to be answered', everyMs: 500 },
    );
    expect(await (await look(callId)).json()).toMatchObject({ state: 'answered' });
  });

  test('with an Idempotency-Key leaves its call, and gets the answer when it comes back', async () => {
    const key = freshKey();
    const before = gateway.provider.callCount('slow-up');
    await abandon({ model: 'slow', key });
    const response = await send({ model: 'slow', key });
    expect(response.status).toBe(200);
    expect(gateway.provider.callCount('slow-up')).toBe(before + 1);
  });

  test('with an Idempotency-Key cancels its call when it said so', async () => {
    await abandon({ model: 'hanging', key: freshKey(), headers: { 'x-holdfast-on-disconnect': 'cancel' } });
    const request = gateway.provider.requestsFor('hanging-up').at(-1)!;
    await waitFor(() => request.abortedAt, { what: 'the request to be aborted' });
  });

  test('says what to do in no other words', async () => {
    const response = await send({ headers: { 'x-holdfast-on-disconnect': 'drain' } });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('expected cancel or detach');
  });
});

describe('GET /holdfast/calls/ID', () => {
  test('tells of an answered call: state, ledger, answer', async () => {
    const sent = await send();
    const response = await look(callIdOf(sent));
    expect(await response.json()).toMatchObject({
      callId: callIdOf(sent),
      owner: 'alice',
      state: 'answered',
      ledger: { entries: [{ attempt: 1, outcome: 'answered' }] },
      report: { group: 'good', attempts: 1 },
      response: await sent.json(),
      error: null,
      pending: null,
    });
  });

  test('tells of a failed one', async () => {
    const response = await look(callIdOf(await send({ model: 'down' })));
    expect(await response.json()).toMatchObject({
      state: 'failed',
      ledger: { entries: [{ kind: 'InternalServerError' }, { kind: 'InternalServerError' }] },
      response: null,
      error: { kind: 'InternalServerError', type: 'server_error' },
    });
  });

  test("knows no call of another key, none of the library's, and none that never ran", async () => {
    const mine = callIdOf(await send());
    const { callId } = await gateway.client.start({ model: 'good', messages: [{ role: 'user', content: 'hi' }] });
    const seen = new Set<string>();
    for (const [id, who] of [
      [mine, 'bob'],
      [callId, 'alice'],
      ['call-nowhere', 'alice'],
    ] as const) {
      for (const [path, method] of [
        ['', 'GET'],
        ['', 'DELETE'],
        ['/events', 'GET'],
      ] as const) {
        const startMs = performance.now();
        const response = await look(`${id}${path}`, who, { method });
        // Told at the next step, however short the look was.
        expect(performance.now() - startMs).toBeGreaterThan(95);
        expect(response.status).toBe(404);
        const headers = [...response.headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
        const text = (await response.text()).replaceAll(id, 'ID');
        expect(JSON.parse(text)).toMatchObject({ error: { kind: 'NotFoundError', message: 'there is no call ID' } });
        seen.add(JSON.stringify([text, headers.filter(([name]) => name !== 'content-length')]));
      }
    }
    expect(seen.size).toBe(1);
  });
});

describe('DELETE /holdfast/calls/ID', () => {
  test('cancels a call that waits; its client gets a 499', async () => {
    const key = freshKey();
    const waiting = send({ model: 'waiting', key });
    const id = keyedId('alice', key);
    await waitFor(() => gateway.provider.callCount('waiting-up') > 0);
    await waitFor(
      async () =>
        ((await (await look(id)).json()) as { pending: { state: string } | null }).pending?.state === 'waiting',
    );
    const response = await look(id, 'alice', { method: 'DELETE' });
    expect(response.status).toBe(202);
    const answer = await waiting;
    expect(answer.status).toBe(499);
    expect(await answer.json()).toMatchObject({ error: { kind: 'CancelledError' } });
    const again = await look(id, 'alice', { method: 'DELETE' });
    expect([again.status, await again.json()]).toEqual([200, { callId: id, state: 'cancelled' }]);
  });
});

function keyedId(who: Who, key: string): string {
  return `call-${sha256(JSON.stringify([who, key])).slice(0, 40)}`;
}
