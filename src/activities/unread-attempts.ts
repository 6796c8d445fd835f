import { getClient, type Context } from '@temporalio/activity';
import type { temporal } from '@temporalio/proto';
import type { CallModelGroupInput } from '../core/call/call-types.js';
import { isPresumed } from '../core/call/first-task.js';
import { EncryptionError } from '../encryption/encryption-error.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';
import { EXTERNAL_STORAGE_ERROR } from '../external-storage/is-of-external-storage.js';
import { isProgress, startProgress, withUnread } from '../core/retries/progress.js';
import { eventsOf } from '../temporal/events-of.js';
import { pendingActivity } from '../temporal/pending-progress.js';

/** The first workflow task ends among these, unless many signals came before it. */
const EVENTS_AT_ONCE = 10;

/**
 * What was made of a call before its activity, without an attempt that was not made: who had the first workflow task could not read
 * what he was given, and asked nobody. Those who had it after him make none, so that the first one tells.
 */
export async function withoutPresumed(input: CallModelGroupInput, info: Context['info']): Promise<CallModelGroupInput> {
  const { first, ...rest } = input;
  const run = info.workflowExecution;
  if (first === undefined || run === undefined || !isPresumed(first)) return input;
  return (await wasFirstTaskUnread(run)) ? rest : input;
}

async function wasFirstTaskUnread(run: { readonly workflowId: string; readonly runId: string }): Promise<boolean> {
  for await (const event of eventsOf(getClient(), run, EVENTS_AT_ONCE)) {
    if (event.workflowTaskTimedOutEventAttributes || event.workflowTaskCompletedEventAttributes) return false;
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed) return isOfUnread(failed.failure) && !isOfUnwritten(failed.failure);
  }
  return false;
}

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
  return isOfUnread(failure);
}

function isOfUnread(failure: temporal.api.failure.v1.IFailure | null | undefined): boolean {
  const type = failure?.applicationFailureInfo?.type;
  return type === 'EncryptionError' || type === EXTERNAL_STORAGE_ERROR;
}

/** What cannot be written is what came of a task: there may have been an attempt in it. */
function isOfUnwritten(failure: temporal.api.failure.v1.IFailure | null | undefined): boolean {
  const message = failure?.message ?? '';
  return ExternalStorageError.isOfWriting(message) || EncryptionError.isOfWriting(message);
}
