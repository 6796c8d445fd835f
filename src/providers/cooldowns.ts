import { systemClock } from '../clock.js';
import type { Failure } from '../core/errors/classify.js';
import { circuitState } from '../core/deployments/circuit.js';
import { cooldownAfter, cooldownRules, isDeploymentsFault, resolveCooldown } from '../core/deployments/cooldown.js';
import type { OperationalSettings } from '../core/deployments/operational.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { total } from '../core/common/total.js';
import { Circuits } from './circuits.js';
import { FailureMarks } from './failure-marks.js';

/** Which deployments are left out for now. */
export interface Cooldowns {
  /** Counts a failure; the deployment may begin to cool. */
  failed(deployment: Pick<DeploymentPlan, 'id' | 'wildcardId'>, isOnly: boolean, failure: Failure): void;
  /** After a cooldown one attempt probes the deployment. Whether this one is to do so; then its end must be told. */
  probes(deployment: Pick<DeploymentPlan, 'id'>): boolean;
  /** The deployment has answered. */
  answered(deployment: Pick<DeploymentPlan, 'id'>): void;
  /** The attempt ended, and says nothing of the deployment. */
  interrupted(deployment: Pick<DeploymentPlan, 'id'>): void;
  /** When each deployment returns that cools, or is being probed, ms since the epoch, by id. */
  returns(deployments: readonly string[]): ReadonlyMap<string, number>;
}

/** What the other workers know, and are to know. */
export interface SharedCooldowns {
  /** Failures of the last minute that others have seen, by kind. */
  failures(id: string): Readonly<Record<string, number>>;
  /** A circuit has changed, which others should know soon. */
  tell(): void;
}

const NOT_SHARED: SharedCooldowns = { failures: () => ({}), tell: () => undefined };

export function createCooldowns(
  settings: OperationalSettings,
  now: () => number = systemClock.now,
  circuits: Circuits = new Circuits('', now),
  marks: FailureMarks = new FailureMarks(),
  shared: SharedCooldowns = NOT_SHARED,
): Cooldowns {
  const happened = (...[id, event]: Parameters<Circuits['happened']>): void => {
    if (circuits.happened(id, event)) shared.tell();
  };
  return {
    failed: (deployment, isOnly, failure) => {
      const rules = cooldownRules(resolveCooldown(settings, deployment), isOnly);
      const { id } = deployment;
      if (!isDeploymentsFault(failure)) return happened(id, { type: 'answered' });
      happened(id, { type: 'not answered' });
      if (rules.cooldownMs === 0) return;
      const nowMs = now();
      marks.add(id, failure.kind, nowMs);
      const seen = [marks.of(id, nowMs), shared.failures(id)];
      const recent = {
        all: total(seen.flatMap((counts) => Object.values(counts))),
        ofKind: total(seen.map((counts) => counts[failure.kind] ?? 0)),
      };
      const coolsMs = cooldownAfter(failure, recent, rules);
      const { retryAfterMs } = failure;
      if (coolsMs > 0) happened(id, { type: 'cools', untilMs: nowMs + coolsMs });
      else if (retryAfterMs) happened(id, { type: 'asked to wait', untilMs: nowMs + retryAfterMs });
    },
    probes: ({ id }) => {
      if (circuitState(circuits.of(id), now()) === 'half-open') happened(id, { type: 'probes' });
      return circuits.beginProbe(id);
    },
    answered: ({ id }) => happened(id, { type: 'answered' }),
    interrupted: ({ id }) => happened(id, { type: 'not answered' }),
    returns: (deployments) =>
      new Map(
        deployments.flatMap((id) => {
          const returnMs = circuits.returnMs(id);
          return returnMs === null ? [] : [[id, returnMs] as const];
        }),
      ),
  };
}
