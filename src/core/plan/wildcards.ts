import { ownProperty } from '../common/own-property.js';
import type { DeploymentPlan, RoutingConfig } from './settings.js';

/** What a model name may hold for "any text": a group named `openai/*` serves `openai/gpt-4o`. */
const ANY = '*';

/**
 * The deployments of a group; null when there is no such group. A name that is no group's is served by the most
 * specific wildcard that fits it: its deployments stand for models of their own then, each with an id of its own.
 */
export function deploymentsOf(config: RoutingConfig, group: string): readonly DeploymentPlan[] | null {
  const own = ownProperty(config.groups, group);
  if (own !== undefined) return own;
  const best = bestWildcard(config.wildcards ?? {}, group);
  return best === null ? null : best.deployments.map((each) => concrete(each, best.parts));
}

/** The deployment of the config that a planned one stands for: the worker knows its endpoint and limits by this id. */
export function configuredId({ id, wildcardId }: Pick<DeploymentPlan, 'id' | 'wildcardId'>): string {
  return wildcardId ?? id;
}

interface Match {
  readonly pattern: string;
  readonly deployments: readonly DeploymentPlan[];
  /** What each `*` stands for. */
  readonly parts: readonly string[];
}

/** The most specific pattern that fits: the one with the most characters of its own, then the fewest `*`, then the first. */
function bestWildcard(wildcards: NonNullable<RoutingConfig['wildcards']>, name: string): Match | null {
  let best: Match | null = null;
  for (const [pattern, deployments] of Object.entries(wildcards)) {
    const parts = matchWildcard(pattern, name);
    if (parts !== null && (best === null || isMoreSpecific(pattern, best.pattern))) {
      best = { pattern, deployments, parts };
    }
  }
  return best;
}

function isMoreSpecific(pattern: string, other: string): boolean {
  const longer = pattern.length - starsIn(pattern) - (other.length - starsIn(other));
  return longer > 0 || (longer === 0 && pattern.length < other.length);
}

/**
 * What each `*` of a pattern stands for in a name; null when the name does not fit. Each `*` takes as little as it can,
 * the last one all the rest: one pass, where a regular expression could try for ages.
 */
export function matchWildcard(pattern: string, name: string): string[] | null {
  const firstStar = pattern.indexOf(ANY);
  const lastStar = pattern.lastIndexOf(ANY);
  if (firstStar === -1) return pattern === name ? [] : null;
  const first = pattern.slice(0, firstStar);
  const last = pattern.slice(lastStar + 1);
  const others = firstStar === lastStar ? [] : pattern.slice(firstStar + 1, lastStar).split(ANY);
  if (!name.startsWith(first)) return null;
  const parts: string[] = [];
  let at = first.length;
  for (const literal of others) {
    const found = name.indexOf(literal, at);
    if (found === -1) return null;
    parts.push(name.slice(at, found));
    at = found + literal.length;
  }
  const end = name.length - last.length;
  return end < at || !name.endsWith(last) ? null : [...parts, name.slice(at, end)];
}

/** A model with fewer `*` than its group takes the last parts: `*llama*` for `meta.llama*` drops what stands before. */
function concrete({ routes = [], ...deployment }: DeploymentPlan, parts: readonly string[]): DeploymentPlan {
  const model = filled(deployment.model, parts.slice(Math.max(0, parts.length - starsIn(deployment.model))));
  for (const route of routes) {
    const ofName = matchWildcard(route.names, model);
    if (ofName !== null) return standingFor(deployment, filled(route.model, ofName), route.id);
  }
  return standingFor(deployment, model, deployment.id);
}

function standingFor(deployment: DeploymentPlan, model: string, wildcardId: string): DeploymentPlan {
  return { ...deployment, id: `${wildcardId}/${model}`, model, wildcardId };
}

/** A pattern with a part in place of each `*`. */
export function filled(pattern: string, parts: readonly string[]): string {
  const left = [...parts];
  return pattern.replaceAll(ANY, () => left.shift() ?? ANY);
}

/** How often a name holds `*`. */
export function starsIn(name: string): number {
  return name.split(ANY).length - 1;
}
