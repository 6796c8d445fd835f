import type { RoutingConfig } from '../core/plan/settings.js';
import { matchWildcard } from '../core/plan/wildcards.js';

/** For whatever the config of this process does not know, as during a deploy. */
const OTHER = 'other';

/** A group of the config, or the wildcard that serves it: labels hold names of the config only, so that callers cannot make new ones. */
export function groupLabel({ groups, wildcards = {} }: RoutingConfig, group: string): string {
  if (Object.hasOwn(groups, group)) return group;
  return Object.keys(wildcards).find((pattern) => matchWildcard(pattern, group) !== null) ?? OTHER;
}

/** What is told of a deployment in LiteLLM's labels. */
export interface DeploymentLabels {
  readonly requested_model: string;
  readonly model_id: string;
  readonly litellm_model_name: string;
}

/** The deployment of a group by its id; under a wildcard by its group only. */
export function deploymentLabels(routing: RoutingConfig, group: string, id: string): DeploymentLabels {
  const label = groupLabel(routing, group);
  const known = Object.hasOwn(routing.groups, group)
    ? routing.groups[group]?.find((each) => each.id === id)
    : undefined;
  return {
    requested_model: label,
    model_id: known?.id ?? label,
    litellm_model_name: known?.model ?? label,
  };
}
