import { randomUUID } from 'node:crypto';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { startService, type Service, type ServiceOptions } from '../../src/cli/start-service.js';
import { FirstTaskAnswers } from '../../src/driven/first-task-answers.js';
import type { Script } from '../../src/mock-provider/index.js';
import { openForwarder } from '../helpers/forwarder.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { callsOf } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('good'), ...group('slow'), ...group('hanging'), ...group('hangs-once')],
  router_settings: { num_retries: 1, max_retry_delay: 0.1, fallbacks: [{ slow: ['good'] }] },
};
const SCRIPT: Script = { 'good-up': 'ok', 'slow-up': 'held', 'hanging-up': 'hang', 'hangs-once-up': 'hang,ok' };

/** So that a call is handed over soon. */
const SOON_MS = 500;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Settings = Partial<Pick<ServiceOptions, 'address' | 'drainSeconds' | 'holdMs'>>;

/** A gateway whose process has made a call already: it knows that the server gives it first tasks. */
async function open({ drainSeconds = 0, ...settings }: Settings = {}): Promise<
  TestGateway & { another: () => Promise<Service>; stop: () => Promise<void> }
> {
  let options: ServiceOptions | undefined;
  let service: Service | undefined;
  const gateway = await openGateway(CONFIG, SCRIPT, { drainSeconds }, async (given) => {
    options = { ...given, ...settings };
    service = await startService(options);
    return service;
  });
  closing.push(() => gateway.close());
  await ask(gateway, 'good');
  gateway.provider.reset();
  const another = async (): Promise<Service> => {
    if (options === undefined) throw new Error('the gateway has not started');
    const other = await startService(options);
    closing.push(async () => {
      other.stop();
      await other.stopped;
    });
    return other;
  };
  const stop = async (): Promise<void> => {
    service?.stop();
    await service?.stopped;
  };
  return { ...gateway, another, stop };
}

const ask = (
  { url }: Pick<TestGateway, 'url'>,
  model: string,
  { headers = {}, ...more }: { headers?: Record<string, string>; [field: string]: unknown } = {},
): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], ...more }),
  });

const asked = ({ provider }: TestGateway, model: string): number => provider.callCount(`${model}-up`);

async function ledgerOf({ client }: TestGateway, response: Response): Promise<string[]> {
  const { ledger } = await client.handle(response.headers.get('x-litellm-call-id') ?? '').inspect();
  return ledger.entries.map(({ outcome, kind }) => [outcome, kind].filter(Boolean).join(' '));
}

/** The call that is running; the list still has those that have just ended. */
async function runningCall({ client, taskQueue }: TestGateway): Promise<string | null> {
  for (const callId of await callsOf(taskQueue, 'Running')) {
    if ((await client.handle(callId).describe()).state === 'running') return callId;
  }
  return null;
}

test('two gateways are asked with one key in one moment: the provider is asked once', async () => {
  const gateway = await open();
  const headers = { 'idempotency-key': randomUUID() };
  const gateways = [gateway, await gateway.another()];
  const responses = await Promise.all(gateways.map((each) => ask(each, 'good', { headers })));
  const answers = await Promise.all(responses.map((response) => response.text()));
  expect(new Set(answers).size).toBe(1);
  expect(asked(gateway, 'good')).toBe(1);
});

test('who looks at a call whose first attempt is under way is told who makes it', async () => {
  const gateway = await open({ holdMs: 60_000 });
  const answer = ask(gateway, 'slow');
  const callId = await waitFor(() => runningCall(gateway));
  const { now } = await gateway.client.handle(callId).inspect();
  gateway.provider.release();
  await answer;
  expect(now).toBe('group slow: its first attempt is made by the process that started the call');
});

test.each([
  ['in the first task', 'always', 60_000],
  ['in its activity', 'always', SOON_MS],
  ['before there is a workflow', 'on-failure', 60_000],
])('a shutdown interrupts an attempt %s, and another process goes on', async (_when, durability, holdMs) => {
  const gateway = await open({ drainSeconds: 0.5, holdMs });
  const headers = { 'x-holdfast-durability': durability, 'x-holdfast-on-disconnect': 'detach' };
  const answer = ask(gateway, 'hangs-once', { headers });
  await waitFor(() => asked(gateway, 'hangs-once') === 1);
  if (holdMs === SOON_MS) {
    const callId = await waitFor(() => runningCall(gateway));
    await waitFor(async () => (await gateway.client.handle(callId).describe()).pending);
  }
  await gateway.another();
  await gateway.stop();
  // The gateway stops with its process: the answer is there for who asks for the call.
  const callId = (await answer).headers.get('x-litellm-call-id') ?? '';
  const { report } = await waitFor(() => gateway.client.handle(callId).result());
  expect(asked(gateway, 'hangs-once')).toBe(2);
  expect(report.ledger.entries.map(({ outcome }) => outcome)).toEqual(['interrupted', 'answered']);
});

test('a deadline ends the first attempt, and the call where it has no fallback', async () => {
  const gateway = await open();
  const response = await ask(gateway, 'hanging', { timeout: 0.5 });
  expect(response.status).toBe(408);
  expect(await ledgerOf(gateway, response)).toEqual(['failed Timeout']);
  expect(asked(gateway, 'hanging')).toBe(1);
});

test.each([
  ['in its first task', undefined],
  ['as an activity', SOON_MS],
])('a call that is cancelled by its id %s ends with its attempt in the ledger', async (_when, holdMs) => {
  const gateway = await open({ holdMs });
  const answer = ask(gateway, 'hanging');
  await waitFor(() => asked(gateway, 'hanging') === 1);
  const callId = await waitFor(() => runningCall(gateway));
  const handle = gateway.client.handle(callId);
  if (holdMs === SOON_MS) await waitFor(async () => (await handle.describe()).pending);
  await handle.cancel();
  await answer;
  const { state, ledger } = await handle.inspect();
  expect(state).toBe('cancelled');
  expect(ledger.entries.map(({ outcome }) => outcome)).toEqual(['interrupted']);
  expect(asked(gateway, 'hanging')).toBe(1);
});

test.each([
  ['before the start', 'good', 'llmCall', ['answered']],
  ['before the answer', 'good', 'holdfast:answered-in-first-task', ['answered']],
])('the Temporal server is away for a moment %s', async (_when, model, text, ledger) => {
  const forwarder = await openForwarder(inject('temporalAddress'));
  closing.push(() => forwarder.close());
  const gateway = await open({ address: forwarder.address });
  const held = forwarder.holdFrom(text, 'requests');
  const answer = ask(gateway, model, { headers: { 'idempotency-key': text } });
  await held;
  forwarder.cut();
  forwarder.release();
  forwarder.mend();
  const response = await answer;
  expect(response.status).toBe(200);
  expect(await ledgerOf(gateway, response)).toEqual(ledger);
  expect(asked(gateway, model)).toBe(1);
});

test('a server that gives no activities: an attempt that lasts is stopped, and made again by a worker', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
  const { schedule } = FirstTaskAnswers.prototype;
  const stub = vi.spyOn(FirstTaskAnswers.prototype, 'schedule');
  closing.push(async () => stub.mockRestore());
  stub.mockImplementation(function (this: FirstTaskAnswers, task, activity) {
    return schedule.call(this, task, { ...activity, eager: false });
  });
  const gateway = await open({ holdMs: SOON_MS });
  const response = await ask(gateway, 'hangs-once');
  expect(response.status).toBe(200);
  expect(asked(gateway, 'hangs-once')).toBe(2);
  expect(await ledgerOf(gateway, response)).toEqual(['interrupted', 'answered']);
});
