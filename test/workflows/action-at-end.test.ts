import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { CallResult } from '../../src/core/call/call-types.js';
import { endedGroup } from '../../src/core/call/ended-group.js';
import { startProgress } from '../../src/core/retries/progress.js';
import { callPlan } from '../core/build.js';
import { eventNames } from '../helpers/call-history.js';
import { openTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

/** A workflow task that lasts tells the server, and hears what came meanwhile, before this is over. */
const TASK_TIMEOUT = '3s';

class Gate {
  open = (): void => {};
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

test('an action that is under way when its group ends stands in the ledger', async () => {
  const temporal = await openTemporal();
  const begun = new Gate();
  const pausing = new Gate();
  const paused = new Gate();
  const worker = await temporal.createWorker({
    activities: {
      callModelGroup: async () => {
        begun.open();
        await pausing.opened;
        return { response: { id: 'late' }, ended: endedGroup(startProgress('a')) };
      },
      groupNow: async () => ({ state: 'asking', progress: null }),
      pauseGroup: () => {
        pausing.open();
        return paused.opened;
      },
    },
  });
  await worker.runUntil(async () => {
    const call = await temporal.client.workflow.start('llmCall', {
      taskQueue: temporal.taskQueue,
      workflowId: `action-at-end-${randomUUID()}`,
      workflowTaskTimeout: TASK_TIMEOUT,
      args: [{ operation: 'chat.completions', request: {}, plan: callPlan(['a']) }],
    });
    await begun.opened;
    const update = call.executeUpdate('pause', { args: [{ by: 'anna@desk', why: 'lunch' }] });
    const hasHeard = async () => {
      const events = await eventNames(call.workflowId);
      const endedAt = events.indexOf('ActivityTaskCompleted');
      return endedAt !== -1 && events.lastIndexOf('WorkflowTaskStarted') > endedAt;
    };
    await waitFor(hasHeard, { what: 'the call to hear of the end of its group' });
    paused.open();
    await update;
    const { report } = (await call.result()) as CallResult;
    expect(report.ledger.entries.map(({ message }) => message)).toEqual([
      'pause by anna@desk: lunch; charged to no budget',
    ]);
  });
  await temporal.close();
});

test('what a lost worker had done of an action is not done again, and the action is taken', async () => {
  const temporal = await openTemporal();
  const who = { by: 'anna@desk', why: 'lunch' };
  const ended = new Gate();
  const done: string[] = [];
  // As the server has it: paused by the action, whose worker did not come to say so; later resumed in the same way.
  let pausedBy: typeof who | null = who;
  const worker = await temporal.createWorker({
    activities: {
      callModelGroup: async () => {
        await ended.opened;
        return { response: { id: 'late' }, ended: endedGroup(startProgress('a')) };
      },
      groupNow: async () => ({ state: pausedBy === null ? 'waiting' : 'paused', progress: null, pausedBy }),
      pauseGroup: async () => void done.push('pause'),
      resumeGroup: async () => void done.push('resume'),
    },
  });
  await worker.runUntil(async () => {
    const call = await temporal.client.workflow.start('llmCall', {
      taskQueue: temporal.taskQueue,
      workflowId: `action-done-already-${randomUUID()}`,
      args: [{ operation: 'chat.completions', request: {}, plan: callPlan(['a']) }],
    });
    const begun = async () => (await eventNames(call.workflowId)).includes('ActivityTaskScheduled');
    await waitFor(begun, { what: 'the group to begin' });
    await call.executeUpdate('pause', { args: [who] });
    await expect(call.executeUpdate('pause', { args: [who] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('pause is not for a call that is paused') },
    });
    pausedBy = null;
    await call.executeUpdate('resume', { args: [who] });
    ended.open();
    const { report } = (await call.result()) as CallResult;
    expect(done).toEqual([]);
    expect(report.ledger.entries.map(({ message }) => message)).toEqual(
      ['pause', 'resume'].map((action) => `${action} by anna@desk: lunch; charged to no budget`),
    );
  });
  await temporal.close();
});
