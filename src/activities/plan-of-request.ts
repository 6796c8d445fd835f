import { checkCall } from '../config/index.js';
import { resolvePlan } from '../core/call/resolve-plan.js';
import type { CallPlan } from '../core/plan/call-plan.js';
import { takenOut, type RawRequest } from '../core/plan/request.js';
import { problemOfWebhook, toldOf } from '../core/plan/webhooks.js';
import type { Ceilings, RequestSettings, RoutingConfig } from '../core/plan/settings.js';

/** What a plan is made of. Nothing of it is checked yet: a workflow can be started by hand. */
export interface PlannedInput {
  readonly operation?: unknown;
  readonly request?: unknown;
  readonly ceilings?: Ceilings | undefined;
  readonly webhook?: unknown;
  /** Whether somebody who acts on the call named the model: no default group stands for it. */
  readonly isNamedByHand?: true | undefined;
}

/** The plan of a call; or what is wrong with its request; or the model that the config has not. */
export type RequestPlan =
  | { readonly plan: CallPlan }
  | { readonly problem: string }
  | { readonly unknownModel: string; readonly settings: RequestSettings };

/** Checks a request, and resolves its plan under a config and the caller's ceilings. */
export function planOfRequest(routing: RoutingConfig, { operation, request, ...asked }: PlannedInput): RequestPlan {
  const checked = checkCall(operation, request);
  if (checked.problem !== null) return { problem: checked.problem };
  return planOfCall(routing, { ...checked, request: request as RawRequest }, asked);
}

/** A request that was checked. */
export interface CheckedRequest {
  readonly model: string;
  readonly settings: RequestSettings;
  readonly request: RawRequest;
}

/** The plan of a request that was checked. */
export function planOfCall(
  routing: RoutingConfig,
  { model, settings, request }: CheckedRequest,
  { ceilings, webhook, isNamedByHand }: Omit<PlannedInput, 'operation' | 'request'>,
): RequestPlan {
  const named = typeof webhook === 'string' ? webhook : undefined;
  const { webhooks = [] } = routing;
  const problem = problemOfWebhook(webhooks, named);
  if (problem !== null) return { problem };
  const own = ceilings === undefined ? routing : { ...routing, ceilings: { ...routing.ceilings, ...ceilings } };
  const result = resolvePlan(own, settings, model);
  const isUnknown = !('plan' in result) || (isNamedByHand === true && result.plan.standsFor !== undefined);
  if (isUnknown) return { unknownModel: model, settings };
  const withoutEffect = takenOut(request);
  const plan = {
    ...result.plan,
    ...(withoutEffect.length > 0 && { takenOut: withoutEffect }),
    ...toldOf(webhooks, named),
  };
  return { plan };
}
