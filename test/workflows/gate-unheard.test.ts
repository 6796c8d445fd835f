import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { endedGroup } from '../../src/core/call/ended-group.js';
import { ownFailure } from '../../src/core/errors/own-failure.js';
import { startProgress } from '../../src/core/retries/progress.js';
import { callPlan } from '../core/build.js';
import { eventNames } from '../helpers/call-history.js';
import { openTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

test('a call that is cancelled before its gate was heard of has the gate in its ledger, and in the Temporal UI', async () => {
  const temporal = await openTemporal();
  const holdfast = await HoldfastClient.connect({ address: temporal.address, taskQueue: temporal.taskQueue });
  const failure = ownFailure('ServiceUnavailableError', 'it is down');
  const worker = await temporal.createWorker({
    activities: {
      callModelGroup: async () => {
        const details = [{ failure, ended: endedGroup(startProgress('a')) }];
        throw ApplicationFailure.create({ type: failure.kind, nonRetryable: true, details });
      },
      // No worker takes it, so that it tells nothing.
      awaitApproval: async () => {
        throw ApplicationFailure.create({ message: 'no heartbeat', nextRetryDelay: '1h' });
      },
      lastProgress: async () => null,
    },
  });
  await worker.runUntil(async () => {
    const approval = { groups: ['b'], timeoutMs: 3_600_000, onTimeout: 'deny' as const };
    const plan = callPlan(['a', 'b'], { lists: { fallbacks: [{ key: 'a', entries: [{ group: 'b' }] }] }, approval });
    const call = await temporal.client.workflow.start('llmCall', {
      taskQueue: temporal.taskQueue,
      workflowId: `gate-unheard-${randomUUID()}`,
      args: [{ operation: 'chat.completions', request: {}, plan }],
    });
    const isGated = async () =>
      (await eventNames(call.workflowId)).filter((name) => name === 'ActivityTaskScheduled').length === 2;
    await waitFor(isGated, { what: 'the call to come to its gate' });
    const waits = expect.stringMatching(/^waits for approve or deny of the fallback from a/);
    expect((await holdfast.handle(call.workflowId).inspect()).ledger.entries).toMatchObject([{ message: waits }]);
    await call.cancel();
    await expect(call.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
    expect((await holdfast.handle(call.workflowId).inspect()).ledger.entries).toMatchObject([{ message: waits }]);
    const metadata = await call.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain('waits for approve or deny of the fallback from a');
  });
  await holdfast.close();
  await temporal.close();
});
