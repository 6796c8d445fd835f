import { Context } from '@temporalio/activity';
import type { CallModelGroupInput, CallModelGroupOutput } from '../core/call/call-types.js';
import { MAX_ROW_ANSWER_BYTES } from '../core/common/limits.js';
import type { RowCalls } from './batch/row-calls.js';
import type { GroupAttemptDeps } from './attempt-context.js';
import { GroupAttempt } from './group-attempt.js';

/**
 * Makes the activity that brings one model group to an end. Each attempt of the activity is one attempt at a
 * deployment; Temporal retries it, and what happened so far travels in the heartbeat details. For a row of a batch the
 * body comes from the batch's file, and the answer goes beside it.
 */
export function createCallModelGroup(deps: GroupAttemptDeps, rows: Pick<RowCalls, 'bodyOf' | 'keepAnswer'>) {
  return async function callModelGroup(input: CallModelGroupInput): Promise<CallModelGroupOutput> {
    const { row, ...work } = input;
    const body = row === undefined ? (input.body ?? {}) : await rows.bodyOf(row);
    const ofRow = row === undefined ? {} : { caller: row.files.caller, maxAnswerBytes: MAX_ROW_ANSWER_BYTES };
    const attempt = new GroupAttempt(deps, { ...work, body, ...ofRow }, Context.current());
    const target = await attempt.prepare();
    const outcome = await attempt.ask(target);
    if (outcome.facts !== null) throw attempt.failed(outcome.facts, target);
    const output = attempt.answered(outcome, target);
    if (row === undefined) return output;
    await rows.keepAnswer(row, output.response, attempt.soFar);
    return { response: null, ended: output.ended };
  };
}
