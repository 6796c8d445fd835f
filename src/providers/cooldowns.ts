import { systemClock } from '../clock.js';
import type { Failure } from '../core/errors/classify.js';
import {
  COOLDOWN_DEFAULTS,
  cooldownAfter,
  cooldownRules,
  isDeploymentsFault,
  resolveCooldown,
} from '../core/deployments/cooldown.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { OperationalSettings } from '../core/deployments/operational.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { createProbes } from './probes.js';

/** Which deployments this worker leaves out for now. In memory: another worker, or this one restarted, finds out by itself. */
export interface Cooldowns {
  /** Counts a failure; the deployment may begin to cool. */
  failed(deployment: Pick<DeploymentPlan, 'id' | 'wildcardId'>, isOnly: boolean, failure: Failure): void;
  /**
   * An attempt begins. After a cooldown one attempt probes the deployment, and the others follow when it has answered: false
   * for these.
   */
  begin(deployment: Pick<DeploymentPlan, 'id'>): boolean;
  /** The deployment has answered. */
  answered(deployment: Pick<DeploymentPlan, 'id'>): void;
  /** The attempt ended, and says nothing of the deployment. */
  interrupted(deployment: Pick<DeploymentPlan, 'id'>): void;
  /** When each deployment returns that cools, or is being probed, ms since the epoch, by id. */
  returns(deployments: readonly string[]): ReadonlyMap<string, number>;
}

interface FailureMark {
  readonly atMs: number;
  readonly kind: ErrorKind;
}

export function createCooldowns(settings: OperationalSettings, now: () => number = systemClock.now): Cooldowns {
  const marks = new Map<string, readonly FailureMark[]>();
  const until = new Map<string, number>();
  const probes = createProbes(now);
  return {
    failed: (deployment, isOnly, failure) => {
      const rules = cooldownRules(resolveCooldown(settings, deployment), isOnly);
      const { id } = deployment;
      if (!isDeploymentsFault(failure)) probes.passed(id);
      else probes.ended(id);
      if (rules.cooldownMs === 0 || !isDeploymentsFault(failure)) return;
      const nowMs = now();
      forgetOld(marks, until, nowMs);
      const recent = [...(marks.get(id) ?? []), { atMs: nowMs, kind: failure.kind }];
      marks.set(id, recent);
      const ofKind = recent.filter(({ kind }) => kind === failure.kind).length;
      const coolsMs = cooldownAfter(failure, { all: recent.length, ofKind }, rules);
      if (coolsMs === 0) return;
      const returnsMs = Math.max(until.get(id) ?? 0, nowMs + coolsMs);
      until.set(id, returnsMs);
      probes.expect(id, returnsMs);
    },
    begin: ({ id }) => probes.begin(id),
    answered: ({ id }) => probes.passed(id),
    interrupted: ({ id }) => probes.ended(id),
    returns: (deployments) => {
      const nowMs = now();
      return new Map(
        deployments.flatMap((id) => {
          const returnsMs = Math.max(until.get(id) ?? 0, probes.lookAgainMs(id));
          return returnsMs > nowMs ? [[id, returnsMs] as const] : [];
        }),
      );
    },
  };
}

/** Callers name the models of a wildcard: what is over must not pile up. */
function forgetOld(marks: Map<string, readonly FailureMark[]>, until: Map<string, number>, nowMs: number): void {
  for (const [id, known] of marks) {
    const recent = known.filter(({ atMs }) => atMs > nowMs - COOLDOWN_DEFAULTS.windowMs);
    if (recent.length === 0) marks.delete(id);
    else marks.set(id, recent);
  }
  for (const [id, returnsMs] of until) if (returnsMs <= nowMs) until.delete(id);
}
