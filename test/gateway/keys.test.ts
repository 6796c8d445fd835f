import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { AuthenticationError, PermissionDeniedError, RateLimitError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/gateway/gateway-error.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { sha256 } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

const NAMES = ['free', 'bound', 'rated', 'busy', 'capped', 'old', 'fresh', 'over'] as const;
const KEYS = Object.fromEntries(NAMES.map((name) => [name, `sk-${name}-0123456789`])) as Record<
  (typeof NAMES)[number],
  string
>;
const MASTER = 'sk-master-0123456789';
const MODELS = [...group('good'), ...group('other'), ...group('down'), ...group('slow'), ...group('wild/*', ['*'])];

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: MODELS,
    router_settings: {
      ...FAST,
      num_retries: 0,
      fallbacks: [{ down: ['other'] }],
      model_group_alias: { nick: 'good', shy: { model: 'good', hidden: true } },
    },
    general_settings: {
      master_key: MASTER,
      max_num_retries: 2,
      api_keys: [
        { id: 'free', sha256: sha256(KEYS.free).toUpperCase() },
        { id: 'bound', sha256: sha256(KEYS.bound), models: ['good', 'down', 'wild/*', 'team-*'] },
        { id: 'rated', sha256: sha256(KEYS.rated), rpm_limit: 2 },
        { id: 'changing', sha256: sha256(KEYS.old), next_sha256: sha256(KEYS.fresh), expires: '2999-01-31' },
        { id: 'over', sha256: sha256(KEYS.over), expires: '2020-01-31T08:00:00Z' },
        { id: 'capped', sha256: sha256(KEYS.capped), max_num_retries: 1 },
        { id: 'busy', sha256: sha256(KEYS.busy), max_parallel_requests: 1 },
      ],
    },
  };
  gateway = await openGateway(config, { 'good-up': 'ok', 'other-up': 'ok', 'down-up': '500', 'slow-up': 'held' });
});
afterAll(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'hi' }];
const ask = (apiKey: string, model = 'good', more: object = {}) =>
  gateway.openai({ apiKey, maxRetries: 0 }).chat.completions.create({ model, messages, ...more });

test('requests that are not let in are lines of the audit, without what was sent as a key', async () => {
  const wrong = 'sk-nobody-knows-0123456789';
  for (const [key, model] of [
    [wrong, 'good'],
    [KEYS.over, 'good'],
    [KEYS.bound, 'other'],
  ] as const) {
    await ask(key, model).catch(() => undefined);
  }
  await gateway.fetch('/holdfast/calls', { headers: { authorization: `Bearer ${KEYS.bound}` } });
  const audit = gateway.logged.filter((line) => line.includes('"audit":"admission"')).map((line) => JSON.parse(line));
  expect(audit).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ refused: 'unknown key', caller: 'anonymous', route: '/v1/chat/completions' }),
      expect.objectContaining({ refused: 'expired key', why: expect.stringContaining('key over') }),
      expect.objectContaining({ refused: 'model group', caller: 'bound' }),
      expect.objectContaining({ refused: 'master key', caller: 'bound', route: '/holdfast/calls' }),
    ]),
  );
  expect(gateway.logged.join('')).not.toContain(wrong);
});

test('nobody gets more retries than the operator allows, nor a key more than its own entry does; the ledger says so', async () => {
  for (const [key, most] of [
    [KEYS.free, 2],
    [KEYS.capped, 1],
  ] as const) {
    const before = gateway.provider.callCount('down-up');
    const response = await gateway.fetch('/v1/chat/completions', {
      json: { model: 'down', messages, num_retries: 3, fallbacks: [] },
      headers: { authorization: `Bearer ${key}` },
    });
    expect(response.status).toBe(500);
    expect(gateway.provider.callCount('down-up') - before).toBe(1 + most);
    const { ledger } = await gateway.client.handle(response.headers.get('x-holdfast-workflow-id') ?? '').inspect();
    expect(ledger.entries[0]).toMatchObject({
      outcome: 'note',
      message: `beyond what the operator allows: num_retries: 3, cut to ${most}`,
    });
  }
});

test('the master key acts on calls of all keys, and no other key does', async () => {
  const { callId } = await gateway.client.start({ model: 'slow', messages }, { owner: 'free' });
  await waitFor(async () => (await gateway.client.handle(callId).describe()).pending?.state === 'asking');
  const why = { why: 'an outage' };
  const act = async (action: string, key: string, json = why as object, id = callId) => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await gateway.fetch(`/holdfast/calls/${id}/${action}`, { json, headers });
    return { status: response.status, body: await response.json() };
  };
  expect(await act('fail', KEYS.free)).toMatchObject({ status: 403 });
  expect(await act('fail', MASTER, {})).toMatchObject({ status: 400 });
  expect(await act('burn', MASTER)).toMatchObject({ status: 404 });
  expect(await act('fail', MASTER, why, 'nothing')).toMatchObject({ status: 404 });
  const message = expect.stringContaining('resume is not for a call that has an attempt in flight');
  expect(await act('resume', MASTER)).toMatchObject({ status: 409, body: { error: { message } } });
  expect(await act('fail', MASTER)).toEqual({ status: 200, body: { callId, action: 'fail' } });
  const audit = gateway.logged.findLast((line) => line.includes('"audit":"fail"')) ?? '';
  expect(JSON.parse(audit)).toMatchObject({ caller: 'master', why: 'an outage', callId, refused: null });
  await waitFor(async () => (await gateway.client.handle(callId).describe()).state === 'failed');
  const { ledger } = await gateway.client.handle(callId).inspect();
  expect(ledger.entries).toContainEqual(
    expect.objectContaining({ message: 'fail by key master: an outage; charged to no budget' }),
  );
});

test('the 404 of an unknown model names the groups that the key may ask for, and no others', async () => {
  const error = await ask(KEYS.bound, 'team-none').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 404, message: expect.stringContaining('"team-none"') });
  expect(String(error)).toContain('There are model groups: good, down, wild/*; aliases: nick (alias of good)');
  expect(String(error)).not.toMatch(/other|slow|shy/);
});

describe('who is let in', () => {
  test.each([
    ['a key of the config', KEYS.free],
    ['the master key', MASTER],
    ['a key that is being changed', KEYS.old],
    ['the one that follows it', KEYS.fresh],
  ])('%s', async (_, key) => {
    await expect(ask(key)).resolves.toMatchObject({ object: 'chat.completion' });
  });

  test.each([
    ['authorization', `Bearer ${MASTER}`],
    ['authorization', `bearer  ${MASTER}`],
    ['x-api-key', MASTER],
    ['api-key', MASTER],
    ['x-litellm-api-key', `Bearer ${MASTER}`],
  ])('with the header %s: %s', async (header, value) => {
    expect((await gateway.fetch('/v1/models', { headers: { [header]: value } })).status).toBe(200);
  });

  test.each([
    ['nobody', {}],
    ['an unknown key', { authorization: 'Bearer sk-nobody' }],
    ['the digest of a key', { authorization: `Bearer ${sha256(MASTER)}` }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a key with something behind it', { authorization: `Bearer ${MASTER}x` }],
  ])('not %s', async (_, headers) => {
    for (const path of ['/v1/models', '/metrics', '/holdfast/calls/x', '/holdfast/calls/x/events']) {
      const response = await gateway.fetch(path, { headers });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key', kind: 'AuthenticationError' } });
    }
    expect((await gateway.fetch('/v1/embeddings', { json: {}, headers })).status).toBe(401);
  });

  test('not a key that has expired, which is said', async () => {
    await expect(ask(KEYS.over)).rejects.toThrow('key over has expired');
  });

  test("OpenAI's client tells it as its own", async () => {
    await expect(ask('sk-nobody')).rejects.toThrow(AuthenticationError);
  });

  test('health and the description need no key', async () => {
    for (const path of ['/health/liveliness', '/health/readiness', '/openapi.json']) {
      expect((await gateway.fetch(path)).status).toBe(200);
    }
  });

  test('no key is in the log', () => {
    expect(gateway.logged.length).toBeGreaterThan(5);
    for (const key of [...Object.values(KEYS), MASTER, 'Bearer']) expect(gateway.logged.join()).not.toContain(key);
  });
});

describe('a key for some model groups', () => {
  test('sees these only', async () => {
    const { data } = await gateway.openai({ apiKey: KEYS.bound }).models.list();
    // What the provider of the wildcard lists is among them.
    const names = data.map(({ id }) => id).filter((id) => id === 'wild/*' || !id.startsWith('wild/'));
    expect(names.toSorted()).toEqual(['down', 'good', 'nick', 'wild/*']);
    const headers = { authorization: `Bearer ${KEYS.bound}` };
    expect((await gateway.fetch('/v1/models/other', { headers })).status).toBe(404);
    for (const path of ['/v1/models/wild%2Fbird', '/models/wild/bird']) {
      expect(await (await gateway.fetch(path, { headers })).json()).toMatchObject({ id: 'wild/bird', object: 'model' });
    }
    const unknown = await gateway.fetch('/v1/models/good%2Fbird', { headers });
    expect(unknown.status).toBe(404);
    const { error } = (await unknown.json()) as { error: { message: string } };
    expect(error.message).toMatch(/^there is no model group "good\/bird"\. There are model groups: good, /);
    expect(error.message).not.toMatch(/other|shy/);
    expect((await gateway.fetch('/metrics', { headers })).status).toBe(403);
  });

  test('asks for them, by an alias and a wildcard too; fallbacks of the config are served', async () => {
    for (const model of ['good', 'nick', 'shy', 'wild/200', 'down']) {
      await expect(ask(KEYS.bound, model)).resolves.toBeDefined();
    }
  });

  test.each([
    ['the model', 'other', {}],
    ['a fallback', 'good', { fallbacks: ['other'] }],
    [
      'a fallback with overrides, in a list of another kind',
      'good',
      { context_window_fallbacks: [{ good: [{ model: 'other' }] }] },
    ],
  ])('asks for no other: %s', async (_, model, more) => {
    const asked = ask(KEYS.bound, model, more);
    await expect(asked).rejects.toThrow(PermissionDeniedError);
    await expect(asked).rejects.toThrow('key bound may not ask for model group "other"');
  });

  test('is told what is wrong with a request before', async () => {
    await expect(ask(KEYS.bound, 'other', { messages: [] })).rejects.toMatchObject({ status: 400 });
  });
});

describe('limits of a key', () => {
  test('requests a minute', async () => {
    await ask(KEYS.rated);
    await ask(KEYS.rated);
    const before = gateway.provider.callCount();
    const error = await ask(KEYS.rated).catch((thrown: unknown) => thrown as RateLimitError);
    expect(error).toBeInstanceOf(RateLimitError);
    const { headers } = error as RateLimitError;
    expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0);
    expect(headers?.get('x-should-retry')).toBe('true');
    expect(gateway.provider.callCount()).toBe(before);
    await expect(ask(KEYS.free)).resolves.toBeDefined();
  });

  test('requests at once', async () => {
    const first = ask(KEYS.busy, 'slow');
    await waitFor(() => gateway.provider.callCount('slow-up') > 0);
    const error = (await ask(KEYS.busy).catch((thrown: unknown) => thrown)) as RateLimitError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.headers?.get('retry-after')).toBe('1');
    gateway.provider.release();
    await first;
    // The place is free when the response has left, which the client may hear of a moment earlier.
    await waitFor(async () => ask(KEYS.busy).catch(() => false));
  });
});

describe('without keys', () => {
  test('other machines are not served, unless that is said', async () => {
    const open = openGateway({ model_list: MODELS }, {}, { host: '0.0.0.0' });
    await expect(open).rejects.toThrow(GatewayError);
    await expect(open).rejects.toThrow('0.0.0.0 can be reached from other machines');
    const anybody = await openGateway({ model_list: MODELS }, {}, { host: '0.0.0.0', allowAnybody: true });
    expect(await statusFor(anybody, 'rebound.example')).toBe(200);
    await anybody.close();
  });

  test.each<[host: string, status: number]>([
    ['localhost:4000', 200],
    ['127.0.0.1', 200],
    ['127.3.4.5:1', 200],
    ['[::1]:4000', 200],
    ['LOCALHOST', 200],
    ['rebound.example', 403],
    ['127.0.0.1.rebound.example:80', 403],
    ['localhost.example', 403],
    ['10.0.0.1', 403],
  ])('a request for the host %s gets %i', async (host, status) => {
    keyless ??= await openGateway({ model_list: MODELS });
    expect(await statusFor(keyless, host)).toBe(status);
  });

  let keyless: TestGateway | undefined;
  afterAll(() => keyless?.close());
});

/** `fetch` cannot set the host. */
async function statusFor({ url }: TestGateway, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}/v1/models`, { headers: { host } }, (response) => {
      void text(response).then(() => resolve(response.statusCode));
    });
    sent.on('error', reject).end();
  });
}
