import { checkCall } from '../config/index.js';
import type { CallPlan } from '../core/plan/call-plan.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { resolvePlan as planOf } from '../core/call/resolve-plan.js';
import { takenOut, type RawRequest } from '../core/plan/request.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { callRefused } from './to-failure.js';

/**
 * Makes the activity that turns a request into its plan, under the config of the worker it runs on. The request is
 * checked here even though the client did: a workflow can be started without it, and what no retry can help must end.
 */
export function createResolvePlan(routing: RoutingConfig) {
  return async function resolvePlan(input: unknown): Promise<CallPlan> {
    const { operation, request } = fieldsOf(input);
    const checked = checkCall(operation, request);
    if (checked.problem !== null) throw callRefused('BadRequestError', checked.problem);
    const result = planOf(routing, checked.settings, checked.model);
    if (!('plan' in result)) {
      throw callRefused(
        'NotFoundError',
        `model group ${JSON.stringify(checked.model)} is not in the config of this worker, and no default_fallbacks serve it. ` +
          `It has: ${result.known.slice(0, 20).join(', ')}`,
      );
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

function fieldsOf(input: unknown): { operation?: unknown; request?: unknown } {
  return typeof input === 'object' && input !== null ? input : {};
}
