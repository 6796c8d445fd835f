import {
  cooldownRules,
  coolingLimit,
  resolveCooldown,
  type CoolingLimit,
  type ResolvedCooldown,
} from '../deployments/cooldown.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind } from '../errors/error-kinds.js';
import type { OperationalSettings } from '../deployments/operational.js';
import type { DeploymentPlan } from '../plan/settings.js';
import type { Sourced } from '../common/sourced.js';

/** When a worker leaves a deployment out of its picks, and how long. */
export interface ExplainedCooldown {
  /** Where the provider does not say how long (Retry-After). */
  readonly lastsMs: Sourced<number>;
  /** Empty: it never cools. Failures of kinds that are in no row neither count nor cool. */
  readonly limits: readonly ExplainedCoolingLimit[];
}

/** How many failures within a minute it takes, when the last one is of one of these kinds. */
export interface ExplainedCoolingLimit {
  readonly kinds: readonly ErrorKind[];
  readonly failures: number;
  /** Whether only failures of the same kind count. */
  readonly ofTheKind: boolean;
  readonly source: string;
}

/** Kinds that say something of the deployment. */
const KINDS = ERROR_KIND_NAMES.filter((kind) => ERROR_KINDS[kind].mayMove);

export function explainCooldown(
  settings: OperationalSettings,
  deployment: DeploymentPlan,
  isOnly: boolean,
): ExplainedCooldown {
  const resolved = resolveCooldown(settings, deployment);
  const rules = cooldownRules(resolved, isOnly);
  const rows = new Map<string, ExplainedCoolingLimit & { kinds: ErrorKind[] }>();
  for (const kind of rules.cooldownMs === 0 ? [] : KINDS) {
    const limit = coolingLimit(kind, rules);
    if (limit === null) continue;
    const { failures, field } = limit;
    const source = sourceOf(limit, resolved);
    const key = `${failures} ${source}`;
    const row = rows.get(key) ?? { kinds: [], failures, ofTheKind: field !== null, source };
    rows.set(key, row);
    row.kinds.push(kind);
  }
  return { lastsMs: resolved.cooldownMs, limits: [...rows.values()] };
}

function sourceOf(
  { field, byAllowedFails }: CoolingLimit,
  { allowedFails, allowedFailsPolicy }: ResolvedCooldown,
): string {
  if (field !== null) return `${allowedFailsPolicy.source}.${field}`;
  return byAllowedFails ? allowedFails.source : 'the error itself';
}
