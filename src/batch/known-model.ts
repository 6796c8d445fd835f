import { namesThereAre } from '../config/index.js';
import { resolvePlan } from '../core/call/resolve-plan.js';
import type { AllowedGroups } from '../core/plan/allowed-groups.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import type { RowCall } from './check-row.js';

/** So many answers are kept: the rows of a batch mostly name a few models, with the same settings. */
const MAX_KEPT = 1000;

/**
 * What a config has against a row: it knows no model group that could answer it. For the `check` of `indexInput`.
 * @param allowed - the groups that the batch may ask for: it is told of no others. @default all
 */
export function knownModel(routing: RoutingConfig, allowed?: AllowedGroups): (call: RowCall) => string | null {
  const kept = new Map<string, string | null>();
  return ({ model, settings }) => {
    const key = JSON.stringify([model, settings]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const problem =
      'plan' in resolvePlan(routing, settings, model)
        ? null
        : `body.model: the config of the workers has no model group ${JSON.stringify(model)}.${namesThereAre(model, routing, { allowed })}`;
    if (kept.size === MAX_KEPT) kept.clear();
    kept.set(key, problem);
    return problem;
  };
}
