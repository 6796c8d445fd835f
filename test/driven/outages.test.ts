import { randomUUID } from 'node:crypto';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { ANSWERED_IN_FIRST_TASK } from '../../src/core/call/first-task.js';
import { away, openForwarder, type Forwarder } from '../helpers/forwarder.js';
import { waitFor } from '../helpers/wait-for.js';
import { ask, asked, callIdOf, ledgerOf, openDriving, SOON_MS, type DrivingGateway } from './driving-gateway.js';

/** What only the requests have that start a call, and that hand it over to its activity. */
const START = 'llmCall';
const HAND_OVER = 'callModelGroup';

async function open(holdMs?: number): Promise<{ gateway: DrivingGateway; forwarder: Forwarder }> {
  const forwarder = await openForwarder(inject('temporalAddress'));
  onTestFinished(() => forwarder.close());
  return { gateway: await openDriving({ address: forwarder.address, holdMs }), forwarder };
}

const FORMS = [
  ['a plain call', {}],
  ['a stream', { stream: true }],
] as const;

/**
 * What every call must come to: an answer, and as many attempts in its ledger as were made. One that the server did
 * not hear of in time is made again, and charged to no budget.
 */
async function endsRight(gateway: DrivingGateway, model: string, answer: Promise<Response>): Promise<void> {
  const response = await answer;
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: 200, text: expect.stringContaining('hi') });
  const call = gateway.client.handle(callIdOf(response));
  // A stream can be cut before.
  await call.result();
  const { ledger, report } = await call.inspect();
  const outcomes = ledger.entries.map(({ outcome }) => outcome);
  expect(outcomes.at(-1)).toBe('answered');
  expect(['', 'lost', 'interrupted']).toContain(outcomes.slice(0, -1).join());
  // A stream that was passed on is not restarted: it is cut, and says so.
  const isCut = outcomes.length > 1 && text.includes('another attempt restarted the answer');
  expect(text.includes('"error"')).toBe(isCut);
  expect(report?.retries).toBe(0);
  // One that was never sent is told as lost all the same: nobody can know.
  expect(asked(gateway, model)).toBeLessThanOrEqual(outcomes.length);
}

/** Lets the provider go on, also with an attempt that is made again. */
async function whileReleasing({ provider }: DrivingGateway, ended: Promise<void>): Promise<void> {
  let isOver = false;
  const over = ended.finally(() => (isOver = true));
  over.catch(() => undefined);
  await waitFor(() => {
    provider.release();
    return isOver;
  });
  await over;
}

describe.each(FORMS)('the Temporal server is away, %s', (_form, more) => {
  const withKey = () => ({ ...more, headers: { 'idempotency-key': randomUUID() } });

  test.each([
    ['before it has taken the call', 'requests'],
    ['before its word comes that it has taken the call', 'responses'],
  ] as const)('%s', async (_when, way) => {
    const { gateway, forwarder } = await open();
    const held = forwarder.holdFrom(START, way);
    const answer = ask(gateway, 'good', withKey());
    await held;
    await away(forwarder);
    await endsRight(gateway, 'good', answer);
    expect(asked(gateway, 'good')).toBe(1);
  });

  test('while the first attempt is made', async () => {
    const { gateway, forwarder } = await open(60_000);
    const answer = ask(gateway, 'lasting', more);
    await waitFor(() => asked(gateway, 'lasting') === 1);
    await away(forwarder);
    await endsRight(gateway, 'lasting', answer);
  });

  test.each([
    ['before it has the answer', 'requests'],
    ['before its word comes that it has the answer', 'responses'],
  ] as const)('%s', async (_when, way) => {
    const { gateway, forwarder } = await open();
    const held = forwarder.holdFrom(ANSWERED_IN_FIRST_TASK, way);
    const answer = ask(gateway, 'good', more);
    await held;
    await away(forwarder);
    await endsRight(gateway, 'good', answer);
  });

  test.each([
    ['before the hand-over', 'requests'],
    ['before its word comes of the hand-over', 'responses'],
  ] as const)('%s', async (_when, way) => {
    const { gateway, forwarder } = await open(SOON_MS);
    const held = forwarder.holdFrom(HAND_OVER, way);
    // However slow the machine: the attempt lasts until then.
    const answer = ask(gateway, 'slow', more);
    await held;
    await away(forwarder);
    await whileReleasing(gateway, endsRight(gateway, 'slow', answer));
  });

  test('while a first attempt is made without a workflow: nobody notices', async () => {
    const { gateway, forwarder } = await open();
    forwarder.cut();
    const response = await ask(gateway, 'good', { ...more, headers: { 'x-holdfast-durability': 'on-failure' } });
    expect(await response.text()).toContain('hi');
    forwarder.mend();
  });

  test('when a first attempt without a workflow has failed', async () => {
    const { gateway, forwarder } = await open();
    forwarder.cut();
    const answer = ask(gateway, 'fails-once', { ...more, headers: { 'x-holdfast-durability': 'on-failure' } });
    await waitFor(() => gateway.provider.requestsFor('fails-once-up')[0]?.finishedAt);
    await away(forwarder);
    const response = await answer;
    expect(await response.text()).toContain('hi');
    expect(await ledgerOf(gateway, callIdOf(response))).toEqual(['failed InternalServerError', 'answered']);
    expect(asked(gateway, 'fails-once')).toBe(2);
  });
});
