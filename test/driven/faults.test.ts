import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DURABILITIES } from '../../src/core/call/durability.js';
import type { LedgerEntry } from '../../src/core/ledger/ledger.js';
import { FirstTaskAnswers } from '../../src/driven/first-task-answers.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { ask, asked, callIdOf, callOf, ledgerOf, openDriving, SOON_MS } from './driving-gateway.js';

test('two gateways are asked with one key in one moment: the provider is asked once', async () => {
  const gateway = await openDriving();
  const headers = { 'idempotency-key': randomUUID() };
  const gateways = [gateway, await gateway.another()];
  const responses = await Promise.all(gateways.map((each) => ask(each, 'good', { headers })));
  const answers = await Promise.all(responses.map((response) => response.text()));
  expect(new Set(answers).size).toBe(1);
  expect(asked(gateway, 'good')).toBe(1);
});

test('who looks at a call whose first attempt is under way is told so', async () => {
  const gateway = await openDriving({ holdMs: 60_000 });
  // A stream tells the id of its call before its first content.
  const response = await ask(gateway, 'hanging', { stream: true });
  const { now } = await gateway.client.handle(callIdOf(response)).inspect();
  await response.body?.cancel();
  expect(now).toBe('group hanging: its first attempt is under way');
});

test.each([
  ['in the first task', 'always', 60_000],
  ['in its activity', 'always', SOON_MS],
  ['before there is a workflow', 'on-failure', 60_000],
])('a shutdown interrupts an attempt %s, and another process goes on', async (_when, durability, holdMs) => {
  const gateway = await openDriving({ drainSeconds: 0.5, holdMs });
  const headers = { 'x-holdfast-durability': durability, 'x-holdfast-on-disconnect': 'detach' };
  const answer = ask(gateway, 'hangs-once', { headers });
  await waitFor(() => asked(gateway, 'hangs-once') === 1);
  if (holdMs === SOON_MS) {
    const callId = await waitFor(() => callOf(gateway, 'hangs-once'));
    await waitFor(async () => (await gateway.client.handle(callId).describe()).pending);
  }
  await gateway.another();
  await gateway.stop();
  // The gateway stops with its process: the answer is there for who asks for the call.
  const callId = callIdOf(await answer);
  const { report } = await waitFor(() => gateway.client.handle(callId).result());
  expect(asked(gateway, 'hangs-once')).toBe(2);
  expect(report.ledger.entries.map(({ outcome }) => outcome)).toEqual(['interrupted', 'answered']);
});

test('a deadline ends the first attempt, and the call where it has no fallback', TIMED, async () => {
  const gateway = await openDriving();
  const response = await ask(gateway, 'hanging', { timeout: 2 });
  expect(response.status).toBe(408);
  expect(await ledgerOf(gateway, callIdOf(response))).toEqual(['failed Timeout']);
  expect(asked(gateway, 'hanging')).toBe(1);
});

test.each(DURABILITIES)('a deadline ends the first attempt, and its group has a fallback: %s', async (durability) => {
  const gateway = await openDriving();
  const headers = { 'x-holdfast-durability': durability };
  const response = await ask(gateway, 'spared', { headers, timeout: 20 });
  expect(response.status).toBe(200);
  expect(await ledgerOf(gateway, callIdOf(response))).toEqual(['failed Timeout', 'answered']);
  expect([asked(gateway, 'spared'), asked(gateway, 'good')]).toEqual([1, 1]);
});

test.each(DURABILITIES)('the time of a call begins with its first attempt: %s', TIMED, async (durability) => {
  const gateway = await openDriving();
  const headers = { 'x-holdfast-durability': durability };
  const response = await ask(gateway, 'fails-late', { headers, timeout: 6 });
  expect(response.status).toBe(408);
  const { ledger } = await gateway.client.handle(callIdOf(response)).inspect();
  const [first, last] = ledger.entries;
  expect([first?.kind, last?.kind]).toEqual(['InternalServerError', 'Timeout']);
  // The 3 s that the first attempt took are not given again.
  const startMs = (entry?: LedgerEntry) => Date.parse(entry?.startedAt ?? '');
  expect(startMs(last) + (last?.durationMs ?? 0) - startMs(first)).toBeLessThan(8000);
});

test.each([
  ['in its first task', undefined],
  ['as an activity', SOON_MS],
])('a call that is cancelled by its id %s ends with its attempt in the ledger', async (_when, holdMs) => {
  const gateway = await openDriving({ holdMs });
  const answer = ask(gateway, 'hanging');
  await waitFor(() => asked(gateway, 'hanging') === 1);
  const callId = await waitFor(() => callOf(gateway, 'hanging'));
  const handle = gateway.client.handle(callId);
  if (holdMs === SOON_MS) await waitFor(async () => (await handle.describe()).pending);
  await handle.cancel();
  await answer;
  const { state, ledger } = await handle.inspect();
  expect(state).toBe('cancelled');
  expect(ledger.entries.map(({ outcome }) => outcome)).toEqual(['interrupted']);
  expect(asked(gateway, 'hanging')).toBe(1);
});

test('a server that gives no activities: an attempt that lasts is stopped, and made again by a worker', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
  const { schedule } = FirstTaskAnswers.prototype;
  const stub = vi.spyOn(FirstTaskAnswers.prototype, 'schedule');
  onTestFinished(() => stub.mockRestore());
  stub.mockImplementation(function (this: FirstTaskAnswers, task, activity) {
    return schedule.call(this, task, { ...activity, eager: false });
  });
  const gateway = await openDriving({ holdMs: SOON_MS });
  const response = await ask(gateway, 'hangs-once');
  expect(response.status).toBe(200);
  expect(asked(gateway, 'hangs-once')).toBe(2);
  expect(await ledgerOf(gateway, callIdOf(response))).toEqual(['interrupted', 'answered']);
});
