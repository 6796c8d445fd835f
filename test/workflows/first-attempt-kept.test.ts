import { randomUUID } from 'node:crypto';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { TimeoutType } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { LlmCallInput } from '../../src/core/call/call-types.js';
import { answerOf, groupEndOf } from '../../src/workflows/call/group-end.js';
import { callPlan, NOW_MS, progress } from '../core/build.js';
import { withClient } from '../helpers/call-history.js';
import { FAST, group, openHoldfast } from '../helpers/holdfast.js';

/** The first attempt at a call, made before its workflow was started. */
const MADE = progress({
  attempts: 1,
  ended: 1,
  ledger: {
    entries: [
      {
        attempt: 1,
        group: 'a',
        deployment: 'a-1',
        startedAt: new Date(NOW_MS).toISOString(),
        durationMs: 5,
        outcome: 'failed',
        kind: 'InternalServerError',
      },
    ],
  },
});

const outcomes = (entries: readonly { outcome: string }[]): string[] => entries.map(({ outcome }) => outcome);

test('a call that is cancelled before any worker has it: its ledger has the attempt that was made before', async () => {
  const taskQueue = `test-${randomUUID()}`;
  const workflowId = `call-${randomUUID()}`;
  const input: LlmCallInput = {
    operation: 'chat.completions',
    request: { model: 'a', messages: [{ role: 'user', content: 'Which bird is this?' }] },
    plan: callPlan(['a']),
    first: MADE,
  };
  await withClient(async ({ workflow }) => {
    await workflow.start('llmCall', { workflowId, taskQueue, args: [input] });
    await workflow.getHandle(workflowId).cancel();
  });
  const holdfast = await openHoldfast({ model_list: group('a'), router_settings: FAST }, {}, { taskQueue });
  try {
    const handle = holdfast.client.handle(workflowId);
    await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    const { ledger } = await handle.inspect();
    expect(outcomes(ledger.entries)[0]).toBe('failed');
    expect(holdfast.provider.callCount()).toBe(0);
  } finally {
    await holdfast.close();
  }
});

const activityFailure = (cause: Error): ActivityFailure =>
  new ActivityFailure('failed', 'callModelGroup', '1', 'NON_RETRYABLE_FAILURE', undefined, cause);
const timeout = (type: TimeoutType) => activityFailure(new TimeoutFailure('late', undefined, type));

test.each([
  ['no worker took it before its deadline', timeout('SCHEDULE_TO_CLOSE')],
  ['no worker took it at all', timeout('SCHEDULE_TO_START')],
  ['it was lost before it told anything', timeout('HEARTBEAT')],
  ['somebody failed it by hand', activityFailure(ApplicationFailure.nonRetryable('enough'))],
])('the activity of a group that has told nothing: what was made before is known: %s', (_, error) => {
  const end = groupEndOf(error, { before: MADE, deadlineMs: null }, NOW_MS, () => true);
  expect(end?.ended).toMatchObject({ attempts: 1 });
  expect(outcomes(end?.ended.ledger.entries ?? [])[0]).toBe('failed');
});

test('the activity of a group that somebody completed by hand, with what is no answer', () => {
  let error: unknown;
  try {
    answerOf('done');
  } catch (thrown) {
    error = thrown;
  }
  const end = groupEndOf(error, { before: MADE, deadlineMs: null }, NOW_MS, () => true);
  expect(outcomes(end?.ended.ledger.entries ?? [])).toEqual(['failed', 'note']);
});
