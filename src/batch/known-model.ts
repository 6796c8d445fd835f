import { resolvePlan } from '../core/resolve-plan.js';
import type { RoutingConfig } from '../core/settings.js';
import type { RowCall } from './check-row.js';

/** What a config has against a row: it knows no model group that could answer it. For the `check` of `indexInput`. */
export function knownModel(routing: RoutingConfig): (call: RowCall) => string | null {
  return ({ model, settings }) =>
    'plan' in resolvePlan(routing, settings, model)
      ? null
      : `body.model: the config of the workers has no model group ${JSON.stringify(model)}`;
}
