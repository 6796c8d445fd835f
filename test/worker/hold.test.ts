import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallHandle, CallResponse } from '../../src/client.js';
import { providerBoardId } from '../../src/core/deployments/board-messages.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { BOARD_OF_WORKFLOW } from '../helpers/own-board.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('main', [{ model: 'openai/main-up', rpm: 6000 }]), ...group('spare')],
  router_settings: { fallbacks: [{ main: ['spare'] }] },
};
const request = { model: 'main', messages: [{ role: 'user' as const, content: 'hi' }], num_retries: 0 };
const WHO = { why: 'the bill', by: 'ann' };

let holdfast: TestHoldfast;
let temporal: TestTemporal;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, {}, BOARD_OF_WORKFLOW);
  await holdfast.addWorker(CONFIG);
  temporal = await openTemporal();
});
afterAll(async () => {
  await holdfast.close();
  await temporal.close();
});

/** A call that waits for the release. Until a worker has heard of the hold, calls are answered. */
async function heldCall(): Promise<CallHandle<CallResponse>> {
  let call = await holdfast.client.start(request);
  const isHeld = async () => ((await call.inspect()).pending?.progress?.now ?? '').includes('main is held by ann');
  const isOver = async () => (await call.inspect()).state !== 'running';
  await waitFor(async () => {
    if (await isOver()) call = await holdfast.client.start(request);
    return isHeld();
  });
  return call;
}

describe('a group that is held', () => {
  test('is waited for, also when the workers have begun anew, until it is released', async () => {
    const held = await holdfast.client.hold('main', WHO);
    expect(held).toMatchObject({ kind: 'group', target: 'main', by: 'ann', why: 'the bill', diverts: false });
    const first = await heldCall();
    // As the Temporal UI has it of the pending activity.
    await waitFor(async () =>
      ((await first.inspect()).pending?.lastFailure ?? '').includes('group main is held by ann: the bill'),
    );
    await holdfast.replaceWorker(CONFIG);
    const second = await heldCall();
    await holdfast.client.release('main', { perSecond: 10 });
    for (const call of [first, second]) {
      const { report } = await call.result();
      expect(report.deployment).toContain('main-up');
      expect(report.ledger.entries).toMatchObject([
        { outcome: 'note', message: 'group main is held by ann: the bill; charged to no budget' },
        { outcome: 'answered' },
      ]);
    }
  });

  test('with divert: calls go on to their fallbacks', async () => {
    await holdfast.client.hold('main', { ...WHO, divert: true });
    await waitFor(async () => {
      const { report } = await holdfast.client.execute(request);
      return report.deployment?.includes('spare-up') === true;
    });
    await holdfast.client.release('main');
  });
});

test('what nobody knows is refused, with what there is; so is a hold without a reason', async () => {
  await expect(holdfast.client.hold('nope', WHO)).rejects.toMatchObject({
    kind: 'NotFoundError',
    message: expect.stringMatching(
      /^there is no model group or deployment nope\. There are model groups: main, spare; deployments: main#/,
    ),
  });
  await expect(holdfast.client.hold('main', { ...WHO, why: ' ' })).rejects.toMatchObject({ kind: 'BadRequestError' });
  await expect(holdfast.client.release('main')).rejects.toMatchObject({
    kind: 'NotFoundError',
    message: 'main is not held; nothing is',
  });
  const { status } = await temporal.client.workflow.getHandle(providerBoardId(holdfast.taskQueue)).describe();
  expect(status.name).toBe('RUNNING');
});
