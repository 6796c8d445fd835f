import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService } from '../../src/cli/start-service.js';
import { FIRST_ATTEMPTS, type FirstAttempt } from '../../src/core/call/durability.js';
import { ANYBODY } from '../../src/gateway/callers.js';
import type { RoutingConfig } from '../../src/core/plan/settings.js';
import { incomingCall } from '../../src/gateway/incoming-call.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { openSocket } from '../helpers/raw-http.js';
import { startApart } from '../helpers/start-apart.js';
import { waitFor } from '../helpers/wait-for.js';

/** How the provider keeps a request that nobody will wait for: silent, or in the midst of its answer. */
const SCRIPT = { 'silent-up': [{ hang: true as const }], 'begun-up': [{ sse: ['One '], then: 'hang' as const }] };
const WAYS = [
  ['a plain call', { model: 'silent' }],
  ['a stream before its first content', { model: 'silent', stream: true }],
  ['a stream after its first content', { model: 'begun', stream: true }],
] as const;

const open = (start: typeof startService, firstAttempt: FirstAttempt = 'process') => {
  const config = {
    model_list: [...group('silent'), ...group('begun')],
    router_settings: FAST,
    general_settings: { first_attempt: firstAttempt },
  };
  return openGateway(config, SCRIPT, {}, start);
};

/** Starts a call that the provider gets and does not answer. */
async function begin(gateway: TestGateway, { model, ...settings }: { model: string; stream?: boolean }) {
  const body = { model, ...settings, messages: [{ role: 'user', content: 'Hi' }] };
  const headers = { 'idempotency-key': randomUUID(), 'x-holdfast-on-disconnect': 'cancel' };
  const config = { routing: { groups: {}, aliases: {} } as RoutingConfig, gateway: { keys: [] } };
  const { callId = '' } = incomingCall('chat.completions', { headers, body, caller: ANYBODY }, config);
  const client = new AbortController();
  const before = gateway.provider.callCount(`${model}-up`);
  const response = gateway.fetch('/v1/chat/completions', {
    json: body,
    headers,
    signal: client.signal,
  });
  const left = response.then((begun) => begun.text()).catch(() => null);
  await waitFor(() => gateway.provider.callCount(`${model}-up`) > before, { what: 'the provider to be asked' });
  return {
    handle: gateway.client.handle(callId),
    request: gateway.provider.requestsFor(`${model}-up`).at(-1)!,
    leave: () => client.abort(),
    left,
  };
}

type Begun = Awaited<ReturnType<typeof begin>>;

const LEFT = 'by the gateway: the client went away';

async function endsAsCancelled({ handle, left }: Begun, why = LEFT): Promise<void> {
  await expect(handle.result()).rejects.toMatchObject({
    kind: 'CancelledError',
    ledger: {
      entries: [
        { attempt: 1, outcome: 'interrupted', message: 'cancelled; charged to no budget' },
        { outcome: 'note', message: `cancelled: ${why}; charged to no budget` },
      ],
    },
  });
  expect(await handle.describe()).toMatchObject({ state: 'cancelled' });
  await left;
}

/** A client that leaves is nobody's fault. */
const warnings = ({ logged }: TestGateway) =>
  logged.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level >= 40);

test.each([
  ['JSON', '/v1/chat/completions', 'application/json', '{"model":"silent",'],
  [
    'a file',
    '/v1/files',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc',
  ],
])('a client that leaves in the midst of its body, %s, is no warning', async (_, path, type, part) => {
  const files = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  const gateway = await openGateway({ model_list: group('silent') }, SCRIPT, { files });
  const socket = await openSocket(gateway.url);
  const headers = ['Host: localhost', `Content-Type: ${type}`, 'Content-Length: 10000'];
  socket.write([`POST ${path} HTTP/1.1`, ...headers, '', part].join('\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.destroy();
  await waitFor(() => gateway.logged.some((line) => line.includes('"msg":"request"')));
  // Whatever is still under way has been told by then.
  await gateway.close();
  expect(warnings(gateway)).toEqual([]);
  await rm(files, { recursive: true });
});

describe.each(FIRST_ATTEMPTS)('gateway and worker in one process, first attempts by the %s', (firstAttempt) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await open(startService, firstAttempt);
  });
  afterAll(() => gateway.close());
  afterAll(() => expect(warnings(gateway)).toEqual([]));

  /** An activity's first heartbeat has a ledger. On a machine so slow that it comes before, the test looks again. */
  const endsBeforeHeartbeat = async (call: Begun, why?: string) => {
    await waitFor(() => call.request.abortedAt, { everyMs: 5, what: 'the request to be aborted' });
    if (firstAttempt === 'activity') {
      expect((await call.handle.describe()).pending).toMatchObject({ progress: null });
    }
    await endsAsCancelled(call, why);
  };

  test.each(WAYS)('%s that is left ends its request before any heartbeat', { retry: 3 }, async (_name, request) => {
    const call = await begin(gateway, request);
    call.leave();
    await endsBeforeHeartbeat(call);
  });

  test('so does a call that is cancelled by its id', { retry: 3 }, async () => {
    const call = await begin(gateway, { model: 'silent' });
    await gateway.fetch(`/holdfast/calls/${call.handle.callId}`, { method: 'DELETE' });
    await endsBeforeHeartbeat(call, 'by key anonymous: DELETE of the call');
  });
});

describe('gateway and worker apart', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await open(startApart);
  });
  afterAll(() => gateway.close());
  afterAll(() => expect(warnings(gateway)).toEqual([]));

  test.each(WAYS)('%s that is left ends its request with a heartbeat', async (_name, request) => {
    const call = await begin(gateway, request);
    call.leave();
    await endsAsCancelled(call);
    expect(call.request.abortedAt).toBeDefined();
  });
});
