import { activityInfo } from '@temporalio/activity';
import { checkCall } from '../config/index.js';
import type { CallPlan } from '../core/plan/call-plan.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { putBackMs } from '../core/deployments/unknown-deployments.js';
import { resolvePlan as planOf } from '../core/call/resolve-plan.js';
import { takenOut, type RawRequest } from '../core/plan/request.js';
import type { Ceilings, RequestSettings, RoutingConfig } from '../core/plan/settings.js';
import { callRefused, knownElsewhere, waitsFor } from './to-failure.js';

/**
 * Makes the activity that turns a request into its plan, under the config of the worker it runs on. The request is
 * checked here even though the client did: a workflow can be started without it, and what no retry can help must end.
 */
export function createResolvePlan(routing: RoutingConfig) {
  return async function resolvePlan(input: unknown): Promise<CallPlan> {
    const { operation, request, isKnownModel, ceilings } = fieldsOf(input);
    const checked = checkCall(operation, request);
    if (checked.problem !== null) throw callRefused('BadRequestError', checked.problem);
    const own = ceilings === undefined ? routing : { ...routing, ceilings: { ...routing.ceilings, ...ceilings } };
    const result = planOf(own, checked.settings, checked.model);
    if (!('plan' in result)) {
      const refusal = callRefused(
        'NotFoundError',
        `model group ${JSON.stringify(checked.model)} is not in the config of this worker, and no default_fallbacks serve it. ` +
          // Not every caller may know what there is.
          'What there is: GET /v1/models of the gateway, or `holdfast config check`',
      );
      throw isKnownModel === true ? (leftToAnother(checked) ?? refusal) : refusal;
    }
    const withoutEffect = takenOut(request as RawRequest);
    const plan = withoutEffect.length === 0 ? result.plan : { ...result.plan, takenOut: withoutEffect };
    const bytes = jsonBytes(request) + jsonBytes(plan);
    if (bytes > MAX_PAYLOAD_BYTES) {
      throw callRefused(
        'RequestTooLargeError',
        `the request and its plan have ${bytes} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} can be kept`,
      );
    }
    return plan;
  };
}

/**
 * Another worker is asked for the plan: a local activity, which runs where the workflow is, says so, and an activity of
 * Temporal's is tried again. Null when that has been done for long enough.
 */
function leftToAnother({ model, settings }: { model: string; settings: RequestSettings }): Error | null {
  const { isLocal, scheduledTimestampMs: sinceMs } = activityInfo();
  const what = `a worker whose config has model group ${JSON.stringify(model)}`;
  if (isLocal) return knownElsewhere(what);
  const deadlineMs = settings.timeoutMs === undefined ? null : sinceMs + settings.timeoutMs;
  const waitMs = putBackMs(sinceMs, deadlineMs, Date.now());
  return waitMs === null ? null : waitsFor(what, waitMs);
}

interface Fields {
  readonly operation?: unknown;
  readonly request?: unknown;
  readonly isKnownModel?: unknown;
  readonly ceilings?: Ceilings;
}

function fieldsOf(input: unknown): Fields {
  return typeof input === 'object' && input !== null ? input : {};
}
