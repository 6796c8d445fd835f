import { Context } from '@temporalio/activity';
import type { CallModelGroupInput, CallModelGroupOutput } from '../core/call-types.js';
import { GroupAttempt, type GroupAttemptDeps } from './group-attempt.js';

/**
 * Makes the activity that brings one model group to an end. Each attempt of the activity is one attempt at a
 * deployment; Temporal retries it, and what happened so far travels in the heartbeat details.
 */
export function createCallModelGroup(deps: GroupAttemptDeps) {
  return async function callModelGroup(input: CallModelGroupInput): Promise<CallModelGroupOutput> {
    const attempt = new GroupAttempt(deps, input, Context.current());
    const target = await attempt.prepare();
    const outcome = await attempt.ask(target);
    if (outcome.facts === null) return attempt.answered(outcome, target);
    throw attempt.failed(outcome.facts, target);
  };
}
