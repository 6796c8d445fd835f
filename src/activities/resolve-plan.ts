import { activityInfo } from '@temporalio/activity';
import type { Clock } from '../clock.js';
import type { BegunPlan, FirstTaskInput } from '../core/call/call-types.js';
import { namesThereAre } from '../config/index.js';
import type { AllowedGroups } from '../core/plan/allowed-groups.js';
import type { CallPlan } from '../core/plan/call-plan.js';
import { fieldsOf } from '../core/common/fields.js';
import { bytesOver, MAX_PAYLOAD_BYTES, tooLarge } from '../core/common/limits.js';
import { putBackMs } from '../core/deployments/unknown-deployments.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import type { FirstAttempts } from './first-attempts.js';
import { planOfRequest, type PlannedInput, type RequestPlan } from './plan-of-request.js';
import { callRefused, knownElsewhere, waitsFor } from './to-failure.js';

/**
 * Makes the activity that turns a request into its plan, under the config of the worker it runs on. The request is
 * checked here even though the client did: a workflow can be started without it, and what no retry can help must end.
 * @param maxPayloadBytes - of what is kept in Temporal. @default what goes through it
 * @param keeps - what that is. @default the request and its plan
 */
export function createResolvePlan(
  routing: RoutingConfig,
  clock: Pick<Clock, 'now'>,
  maxPayloadBytes = MAX_PAYLOAD_BYTES,
  keeps: 'request and plan' | 'plan' = 'request and plan',
) {
  return async function resolvePlan(input: unknown): Promise<CallPlan> {
    const fields: Fields = fieldsOf(input);
    const result = planOfRequest(routing, fields);
    if ('problem' in result) throw callRefused('BadRequestError', result.problem);
    if ('unknownModel' in result) {
      const refusal = callRefused(
        'NotFoundError',
        `model group ${JSON.stringify(result.unknownModel)} is not in the config of this worker` +
          (fields.isNamedByHand === true ? '.' : ', and no default_fallbacks serve it.') +
          namesThereAre(result.unknownModel, routing, { allowed: fields.allowed }),
      );
      throw fields.isKnownModel === true ? (leftToAnother(result, clock.now()) ?? refusal) : refusal;
    }
    const { plan } = result;
    const bytes = bytesOver(keeps === 'plan' ? [plan] : [fields.request, plan], maxPayloadBytes);
    if (bytes !== null) {
      const what = keeps === 'plan' ? 'the plan of the row, with its fallbacks, has' : 'the request and its plan have';
      throw callRefused('RequestTooLargeError', tooLarge(what, bytes, maxPayloadBytes));
    }
    return plan;
  };
}

/**
 * Makes the activity with which a call begins: it resolves the plan and, where it is local, makes the first attempt, too. A
 * history has its name, so that calls of before find it.
 */
export function createBeginCall(
  routing: RoutingConfig,
  clock: Pick<Clock, 'now'>,
  firstAttempts: Pick<FirstAttempts, 'make'> | undefined,
  maxPayloadBytes?: number,
) {
  const resolvePlan = createResolvePlan(routing, clock, maxPayloadBytes);
  return async function beginCall(input: unknown): Promise<BegunPlan> {
    const plan = await resolvePlan(input);
    const { isLocal, attempt } = activityInfo();
    const isBegun = fieldsOf(input)['startedMs'] === undefined;
    // One that is planned anew has begun. Asked again after its time, the attempt may still be under way.
    if (firstAttempts === undefined || isBegun || !isLocal || attempt > 1) return plan;
    const firstAttempt = await firstAttempts.make(input as FirstTaskInput, plan);
    return firstAttempt === null ? plan : { ...plan, firstAttempt };
  };
}

/**
 * Another worker is asked for the plan: a local activity, which runs where the workflow is, says so, and an activity of
 * Temporal's is tried again. Null when that has been done for long enough.
 */
function leftToAnother(
  { unknownModel, settings }: Extract<RequestPlan, { unknownModel: string }>,
  nowMs: number,
): Error | null {
  const { isLocal, scheduledTimestampMs: sinceMs } = activityInfo();
  const what = `a worker whose config has model group ${JSON.stringify(unknownModel)}`;
  if (isLocal) return knownElsewhere(what);
  const deadlineMs = settings.timeoutMs === undefined ? null : sinceMs + settings.timeoutMs;
  const waitMs = putBackMs(sinceMs, deadlineMs, nowMs);
  return waitMs === null ? null : waitsFor(what, waitMs);
}

interface Fields extends PlannedInput {
  readonly isKnownModel?: unknown;
  readonly allowed?: AllowedGroups;
}
