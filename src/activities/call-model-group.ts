import { Context, type Info } from '@temporalio/activity';
import type { CallModelGroupInput, CallModelGroupOutput } from '../core/call/call-types.js';
import { DEFAULT_MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import type { RowCalls } from './batch/row-calls.js';
import type { GroupAttemptDeps } from './attempt-context.js';
import type { AttemptInFlight } from './attempt-in-flight.js';
import { finishInActivity } from './finish-in-activity.js';
import { keepOutput } from './keep-output.js';
import { GroupAttempt } from './group-attempt.js';
import type { HandOvers } from './hand-overs.js';
import { watchLease } from './lease.js';
import { withoutPresumed, withoutUnread } from './unread-attempts.js';

/**
 * Makes the activity that brings one model group to an end. Each attempt of the activity is one attempt at a
 * deployment; Temporal retries it, and what happened so far travels in the heartbeat details. For a row of a batch the
 * body comes from the batch's file, and the answer goes beside it. An attempt that was begun in the first workflow task goes
 * on in it.
 */
export function createCallModelGroup(
  deps: GroupAttemptDeps,
  rows: Pick<RowCalls, 'bodyOf' | 'keepAnswer'>,
  handOvers: HandOvers,
) {
  return async function callModelGroup(asked: CallModelGroupInput): Promise<CallModelGroupOutput> {
    const given = Context.current();
    const input = deps.mayBeUnread === true ? await withoutPresumed(asked, given.info) : asked;
    const context = deps.mayBeUnread === true ? await withoutUnread(given, input, deps.clock.now()) : given;
    const begun = attemptFor(input, context.info, handOvers);
    if (begun !== null) return finishInActivity(deps.clock, begun, context);
    const { row, ...work } = input;
    const memory = deps.rowMemory.open();
    let attempt: GroupAttempt | null = null;
    const soFar = () => attempt?.soFar ?? context.info.heartbeatDetails;
    const lease = watchLease(deps.clock, context.info, () => context.heartbeat(soFar()));
    try {
      const body = row === undefined ? (input.body ?? {}) : await rows.bodyOf(row, memory);
      const ofRow =
        row === undefined ? {} : { caller: row.files.caller, maxAnswerBytes: DEFAULT_MAX_PAYLOAD_BYTES, memory };
      attempt = new GroupAttempt(deps, { ...work, body, ...ofRow }, context, lease);
      const target = await attempt.prepare();
      const outcome = await attempt.ask(target);
      if (outcome.facts !== null) throw attempt.failed(outcome.facts, target);
      const output = attempt.answered(outcome, target);
      if (row === undefined) {
        await keepOutput(deps, output, context, soFar);
        return output;
      }
      await rows.keepAnswer(row, output.response, attempt.soFar);
      return { response: null, ended: output.ended };
    } finally {
      lease.end();
      memory.release();
    }
  };
}

/**
 * The attempt that goes on in an activity. Once another worker had that, one that waits for it is not needed any more: a reset
 * of the activity counts from one again, but leaves what that worker told.
 */
function attemptFor(
  { cameFrom }: CallModelGroupInput,
  { workflowExecution, attempt, heartbeatDetails }: Info,
  handOvers: HandOvers,
): AttemptInFlight | null {
  const waiting = handOvers.take(workflowExecution?.runId ?? '');
  if (cameFrom === undefined && attempt === 1 && heartbeatDetails === undefined) return waiting;
  waiting?.stop({ notFound: true });
  return null;
}
