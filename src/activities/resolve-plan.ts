import { parseRequest } from '../config/index.js';
import type { CallPlan } from '../core/call-plan.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../core/limits.js';
import { isOperation, OPERATIONS } from '../core/operations.js';
import { resolvePlan as planOf } from '../core/resolve-plan.js';
import type { RoutingConfig } from '../core/settings.js';
import { callRefused } from './to-failure.js';

/**
 * Makes the activity that turns a request into its plan, under the config of the worker it runs on. The request is
 * checked here even though the client did: a workflow can be started without it, and what no retry can help must end.
 */
export function createResolvePlan(routing: RoutingConfig) {
  return async function resolvePlan(input: unknown): Promise<CallPlan> {
    const { operation, request } = readInput(input);
    const parsed = parseRequest(operation, request);
    if (!parsed.ok) {
      const problems = parsed.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
      throw callRefused('BadRequestError', `the request is not valid: ${problems.join('; ')}`);
    }
    const result = planOf(routing, parsed.settings, parsed.model);
    if (!('plan' in result)) {
      throw callRefused(
        'NotFoundError',
        `model group ${JSON.stringify(parsed.model)} is not in the config of this worker, and no default_fallbacks serve it. ` +
          `It has: ${result.known.slice(0, 20).join(', ')}`,
      );
    }
    const bytes = jsonBytes(request) + jsonBytes(result.plan);
    if (bytes > MAX_PAYLOAD_BYTES) {
      throw callRefused(
        'RequestTooLargeError',
        `the request and its plan have ${bytes} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} can be kept`,
      );
    }
    return result.plan;
  };
}

function readInput(input: unknown) {
  const { operation, request } = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  if (!isOperation(operation)) {
    const known = Object.keys(OPERATIONS).join(', ');
    throw callRefused('BadRequestError', `operation: expected one of ${known}, got ${JSON.stringify(operation)}`);
  }
  return { operation, request };
}
