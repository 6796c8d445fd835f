import { expect, inject, onTestFinished, test } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import { away, openForwarder, type Forwarder } from '../helpers/forwarder.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = { model_list: [...group('good'), ...group('lasting')], router_settings: FAST };
const SCRIPT = { 'good-up': 'ok', 'lasting-up': 'slow(4)' };

/** What only the request has that answers a first workflow task. */
const FIRST_TASK_ANSWER = 'core_local_activity';

interface Apart extends TestHoldfast {
  readonly forwarder: Forwarder;
}

/** A worker that makes first attempts in first workflow tasks, and hands them over soon. */
async function open(): Promise<Apart> {
  const forwarder = await openForwarder(inject('temporalAddress'));
  onTestFinished(() => forwarder.close());
  const holdfast = await openHoldfast(CONFIG, SCRIPT, {
    address: forwarder.address,
    firstTask: { proof: 0, holdMs: 500 },
  });
  onTestFinished(() => holdfast.close());
  return { ...holdfast, forwarder };
}

const start = ({ client }: Apart, model: string): Promise<CallHandle> =>
  client.start({ model, messages: [{ role: 'user', content: 'hi' }] });
const asked = ({ provider }: Apart, model: string): number => provider.callCount(`${model}-up`);

/** An answer, and as many attempts in the ledger as were made; charged to no budget. */
async function endsRight(holdfast: Apart, model: string, handle: CallHandle): Promise<void> {
  const { response, report } = await handle.result();
  expect(JSON.stringify(response)).toContain('hi');
  const outcomes = report.ledger.entries.map(({ outcome }) => outcome);
  expect(outcomes.at(-1)).toBe('answered');
  expect(['', 'lost', 'interrupted']).toContain(outcomes.slice(0, -1).join());
  expect(report.retries).toBe(0);
  expect(asked(holdfast, model)).toBeLessThanOrEqual(outcomes.length);
}

test('the Temporal server is away while a first attempt is made', async () => {
  const holdfast = await open();
  const handle = await start(holdfast, 'lasting');
  await waitFor(() => asked(holdfast, 'lasting') === 1);
  await away(holdfast.forwarder);
  await endsRight(holdfast, 'lasting', handle);
});

test.each([
  ['before it has the answer', 'good', 'requests'],
  ['before its word comes that it has the answer', 'good', 'responses'],
  ['before the hand-over', 'lasting', 'requests'],
  ['before its word comes of the hand-over', 'lasting', 'responses'],
] as const)('the Temporal server is away %s', async (_when, model, way) => {
  const holdfast = await open();
  const held = holdfast.forwarder.holdFrom(FIRST_TASK_ANSWER, way);
  const handle = await start(holdfast, model);
  await held;
  await away(holdfast.forwarder);
  await endsRight(holdfast, model, handle);
});
