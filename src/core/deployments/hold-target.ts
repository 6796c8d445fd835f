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
  const isThere = allDeployments(routing).some(({ id }) => id === name);
  return isThere ? { kind: 'deployment', target: name, deployments: [name] } : null;
}

const MOST_NAMES = 20;

/** What there is to hold, in words. */
export function holdableNames(routing: RoutingConfig): string {
  const groups = [...Object.keys(routing.groups), ...Object.keys(routing.wildcards ?? {})];
  const deployments = allDeployments(routing).map(({ id }) => id);
  return `groups: ${listed(groups)}; deployments: ${listed(deployments)}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? `, and ${more} more` : '');
}

function allDeployments({ groups, wildcards = {} }: RoutingConfig): DeploymentPlan[] {
  return [groups, wildcards].flatMap((of) => Object.values(of).flat());
}
