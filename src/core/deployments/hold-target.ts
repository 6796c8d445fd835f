import { ownProperty } from '../common/own-property.js';
import { deploymentsOf, configuredId } from '../plan/wildcards.js';
import type { DeploymentPlan, RoutingConfig } from '../plan/settings.js';
import type { Hold } from './hold.js';

/** What a hold is for. */
export type HoldTarget = Pick<Hold, 'kind' | 'target' | 'deployments'>;

/** What a name of a config means: a group before a deployment; null: nothing. */
export function holdTarget(routing: RoutingConfig, name: string): HoldTarget | null {
  const group = ownProperty(routing.aliases, name) ?? name;
  const wildcard = ownProperty(routing.wildcards ?? {}, group);
  const ofGroup = wildcard ?? deploymentsOf(routing, group);
  if (ofGroup !== null) return { kind: 'group', target: group, deployments: ofGroup.map(configuredId) };
  const isThere = deploymentIds(routing).includes(name);
  return isThere ? { kind: 'deployment', target: name, deployments: [name] } : null;
}

/** Ids of the deployments of a config. */
export function deploymentIds(routing: RoutingConfig): string[] {
  return allDeployments(routing).map(({ id }) => id);
}

function allDeployments({ groups, wildcards = {} }: RoutingConfig): DeploymentPlan[] {
  return [groups, wildcards].flatMap((of) => Object.values(of).flat());
}
