import { getClient, type Context } from '@temporalio/activity';
import type { CallModelGroupInput } from '../core/call/call-types.js';
import { EXTERNAL_STORAGE_ERROR } from '../external-storage/is-of-external-storage.js';
import { isProgress, startProgress, withUnread } from '../core/retries/progress.js';
import { pendingActivity } from '../temporal/pending-progress.js';

/**
 * The context of an attempt as it would be if those attempts had not been that could not read what they were given, for
 * their worker had not its key, or did not reach the external storage: they asked nobody, and were not lost. Temporal has the failure of the last one.
 */
export async function withoutUnread(
  context: Context,
  { first, plan }: Pick<CallModelGroupInput, 'first' | 'plan'>,
  nowMs: number,
): Promise<Context> {
  const { attempt, heartbeatDetails, workflowExecution } = context.info;
  const known = isProgress(heartbeatDetails) ? heartbeatDetails : (first ?? startProgress(plan.group));
  const areAllKnown = attempt - 1 <= known.ended + known.lost;
  if (areAllKnown || workflowExecution === undefined || !(await wasUnread(context.info))) return context;
  const info = { ...context.info, heartbeatDetails: withUnread(known, attempt, nowMs) };
  return Object.create(context, { info: { value: info } }) as Context;
}

async function wasUnread({ activityId, workflowExecution }: Context['info']): Promise<boolean> {
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  const handle = getClient().workflow.getHandle(workflowId, runId);
  const description = await handle.describe().catch(() => null);
  const failure = description && pendingActivity(description, activityId)?.lastFailure;
  const type = failure?.applicationFailureInfo?.type;
  return type === 'EncryptionError' || type === EXTERNAL_STORAGE_ERROR;
}
