import type { OperationalSettings } from '../config/loaded-config.js';
import type { Failure } from '../core/classify.js';
import { COOLDOWN_DEFAULTS, cooldownAfter, isDeploymentsFault, type CooldownRules } from '../core/cooldown.js';
import type { ErrorKind } from '../core/error-kinds.js';

/** Which deployments this worker leaves out for now. In memory: another worker, or this one restarted, finds out anew. */
export interface Cooldowns {
  /** Counts a failure; the deployment may begin to cool. */
  failed(deployment: string, isOnly: boolean, failure: Failure): void;
  /** When each cooling deployment returns, ms since the epoch, by id. */
  returns(deployments: readonly string[]): ReadonlyMap<string, number>;
}

interface FailureMark {
  readonly atMs: number;
  readonly kind: ErrorKind;
}

export function createCooldowns(settings: OperationalSettings, now: () => number = Date.now): Cooldowns {
  const marks = new Map<string, FailureMark[]>();
  const until = new Map<string, number>();
  return {
    failed: (deployment, isOnly, failure) => {
      if (settings.disableCooldowns === true || !isDeploymentsFault(failure)) return;
      const nowMs = now();
      const recent = (marks.get(deployment) ?? []).filter(({ atMs }) => atMs > nowMs - COOLDOWN_DEFAULTS.windowMs);
      recent.push({ atMs: nowMs, kind: failure.kind });
      marks.set(deployment, recent);
      const ofKind = recent.filter(({ kind }) => kind === failure.kind).length;
      const coolsMs = cooldownAfter(failure, { all: recent.length, ofKind }, rulesOf(settings, deployment, isOnly));
      if (coolsMs > 0) until.set(deployment, Math.max(until.get(deployment) ?? 0, nowMs + coolsMs));
    },
    returns: (deployments) => {
      const nowMs = now();
      return new Map(
        deployments.flatMap((id) => {
          const returnsMs = until.get(id) ?? 0;
          return returnsMs > nowMs ? [[id, returnsMs] as const] : [];
        }),
      );
    },
  };
}

function rulesOf(settings: OperationalSettings, deployment: string, isOnly: boolean): CooldownRules {
  const own = settings.deployments[deployment];
  return {
    allowedFails: own?.allowedFails ?? settings.allowedFails,
    allowedFailsPolicy: own?.allowedFailsPolicy ?? settings.allowedFailsPolicy,
    cooldownMs: own?.cooldownMs ?? settings.cooldownMs ?? COOLDOWN_DEFAULTS.cooldownMs,
    isOnly,
  };
}
