import type { BatchRow } from '../../batch/index.js';
import { forgetOldest } from '../../core/common/forget-oldest.js';
import { takenOut } from '../../core/plan/request.js';
import type { Ceilings, RoutingConfig } from '../../core/plan/settings.js';
import { planOfCall, type RequestPlan } from '../plan-of-request.js';

/** What rows ask for that have a plan in common: settings of their own, with messages in them, seldom are. */
const MAX_KEY_LENGTH = 1_000;
const MAX_PLANS = 100;

/** The plans of rows. Most rows of a batch ask for the same: it is resolved once for all of them. */
export class RowPlans {
  readonly #plans = new WeakMap<RoutingConfig, Map<string, RequestPlan>>();

  of(
    routing: RoutingConfig,
    { group, settings, request }: Pick<BatchRow, 'group' | 'settings' | 'request'>,
    ceilings: Ceilings | undefined,
  ): RequestPlan {
    const known = this.#under(routing);
    const key = JSON.stringify([group, settings, takenOut(request), ceilings]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const plan = planOfCall(routing, { model: group, settings, request }, { ceilings });
    if (key.length <= MAX_KEY_LENGTH) known.set(key, plan);
    forgetOldest(known, MAX_PLANS);
    return plan;
  }

  /** Those of a config: another one has others. */
  #under(routing: RoutingConfig): Map<string, RequestPlan> {
    const known = this.#plans.get(routing) ?? new Map<string, RequestPlan>();
    this.#plans.set(routing, known);
    return known;
  }
}
