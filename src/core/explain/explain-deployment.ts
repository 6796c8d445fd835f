import type { GroupPlan } from '../plan/call-plan.js';
import { explainCooldown, type ExplainedCooldown } from './explain-cooldown.js';
import type { OperationalSettings } from '../deployments/operational.js';
import { ownProperty } from '../common/own-property.js';
import { orderOf, weightOf } from '../deployments/pick-deployment.js';
import type { ResolvedGroup } from '../plan/resolve-settings.js';
import type { DeploymentPlan } from '../plan/settings.js';
import { firstSet, type Sourced } from '../common/sourced.js';
import { configuredId } from '../plan/wildcards.js';

export interface ExplainedDeployment {
  readonly id: string;
  /** Its id in the config: that of the wildcard, for a model which one serves. */
  readonly configuredId: string;
  readonly model: string;
  readonly order: number;
  readonly weight: number;
  /** Of one attempt. */
  readonly timeoutMs: Sourced<number>;
  /** Until the first content of a stream; null: no limit of its own. */
  readonly streamTimeoutMs: Sourced<number | null>;
  readonly cooldown: ExplainedCooldown;
  /** Requests within a minute, by all workers together; null: no limit. */
  readonly rpm: Sourced<number | null>;
  /** Tokens within a minute, by all workers together; null: no limit. */
  readonly tpm: Sourced<number | null>;
  /** Requests at the same time, by all workers together; null: no limit. */
  readonly maxParallelRequests: Sourced<number | null>;
}

export function explainDeployment(
  deployment: DeploymentPlan,
  { deployments }: GroupPlan,
  resolved: ResolvedGroup,
  operational: OperationalSettings,
): ExplainedDeployment {
  const { id, model, timeoutMs, streamTimeoutMs } = deployment;
  const own = <T>(name: string, value: T | undefined): readonly [source: string, value: T | undefined] => {
    return [`${name} of deployment ${id}`, value];
  };
  const ofRequest = resolved.requestStreamTimeoutMs;
  const limits = ownProperty(operational.deployments, configuredId(deployment));
  return {
    id,
    configuredId: configuredId(deployment),
    model,
    order: orderOf(deployment),
    weight: weightOf(deployment),
    timeoutMs: firstOr(own('timeout', timeoutMs), resolved.timeoutMs),
    streamTimeoutMs:
      ofRequest.value === null
        ? firstOr(own<number | null>('stream_timeout', streamTimeoutMs), resolved.streamTimeoutMs)
        : ofRequest,
    cooldown: explainCooldown(operational, deployment, deployments.length === 1),
    rpm: limit(firstSet<number | null>([own('rpm', limits?.rpm)], null)),
    tpm: limit(firstSet<number | null>([own('tpm', limits?.tpm)], null)),
    maxParallelRequests: limit(
      firstSet<number | null>(
        [
          own('max_parallel_requests', limits?.maxParallelRequests),
          ['router_settings.default_max_parallel_requests', operational.maxParallelRequests],
        ],
        null,
      ),
    ),
  };
}

function firstOr<T>(
  [source, value]: readonly [source: string, value: T | undefined],
  otherwise: Sourced<T>,
): Sourced<T> {
  return value === undefined ? otherwise : { value, source };
}

/** 0 means no limit. */
function limit({ value, source }: Sourced<number | null>): Sourced<number | null> {
  return { value: value === 0 ? null : value, source };
}
