import type { DeploymentPlan } from './settings.js';
import { filled, matchWildcard, starsIn } from './wildcards.js';

/** A deployment of a wildcard, and how the names of its provider's models become those that are asked for. */
export interface ListedBy {
  /** The deployment in the config. */
  readonly deployment: string;
  /** A name that may be asked for; null: this wildcard does not serve the model. */
  readonly nameOf: (model: string) => string | null;
}

/**
 * Who can list the models that a wildcard serves: each of its deployments, or each provider that it stands for. Where the
 * group has another number of `*` than the model, nobody knows which name would be asked for.
 */
export function listersOf(group: string, deployments: readonly DeploymentPlan[]): ListedBy[] {
  return deployments.flatMap(({ id, model, routes }) => {
    const ofGroup = renaming(model, group);
    if (routes === undefined) return [{ deployment: id, nameOf: ofGroup }];
    // The first route of a provider names it; others are for names that tell it by themselves.
    const first = routes.filter((route, index) => routes.findIndex((each) => each.id === route.id) === index);
    return first.map((route) => {
      const ofRoute = renaming(route.model, route.names);
      return { deployment: route.id, nameOf: (name: string) => chained(ofRoute(name), ofGroup) };
    });
  });
}

function chained(name: string | null, next: (name: string) => string | null): string | null {
  return name === null ? null : next(name);
}

/** What a name of one pattern is under another one. */
function renaming(from: string, to: string): (name: string) => string | null {
  return (name) => {
    const parts = starsIn(from) === starsIn(to) ? matchWildcard(from, name) : null;
    return parts === null ? null : filled(to, parts);
  };
}
