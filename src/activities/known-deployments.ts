import type { Connection, LoadedConfig } from '../config/index.js';
import { ownProperty } from '../core/common/own-property.js';
import { standIns } from '../core/deployments/unknown-deployments.js';
import { deploymentsFor } from '../core/fallbacks/fallback-reach.js';
import type { GroupPlan } from '../core/plan/call-plan.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { configuredId } from '../core/plan/wildcards.js';

/** A deployment that this worker can reach. */
export interface KnownDeployment {
  deployment: DeploymentPlan;
  connection: Connection;
}

/** At least one. */
export type KnownDeployments = readonly [KnownDeployment, ...KnownDeployment[]];

type Config = Pick<LoadedConfig, 'connections' | 'routing' | 'unserved'>;

/** Those of the deployments that this worker can reach; null: none. */
export function knownDeployments(config: Config, deployments: readonly DeploymentPlan[]): KnownDeployments | null {
  const [first, ...others] = deployments.flatMap((deployment) => {
    const connection = ownProperty(config.connections, configuredId(deployment));
    return connection === undefined ? [] : [{ deployment, connection }];
  });
  return first === undefined ? null : [first, ...others];
}

/** Why nobody can ask a deployment; undefined where it is only not known here. */
export function whyUnserved({ unserved }: Config, deployment: DeploymentPlan): string | undefined {
  return ownProperty(unserved, configuredId(deployment));
}

/** What this worker's config has in place of a group's plan that it knows nothing of. */
export function ownDeployments({ routing }: Config, plan: GroupPlan): DeploymentPlan[] {
  return standIns(plan, deploymentsFor(routing, { group: plan.group }) ?? []);
}
