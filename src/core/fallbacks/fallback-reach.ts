import type { FallbackLists } from '../plan/call-plan.js';
import { specificRule, wildcardRule } from './fallback-lookup.js';
import { groupOf, namesOf, RULE_LISTS, type RuleList } from './fallback-walk.js';
import type { DeploymentPlan, FallbackEntry, FallbackRule, RoutingConfig } from '../plan/settings.js';
import { deploymentsOf } from '../plan/wildcards.js';

/** What a walk can come to, whatever its groups end with. */
export interface Reach {
  /** The lists without rules and entries that it cannot come to; none that is empty. */
  readonly lists: Partial<FallbackLists>;
  /** The deployments of its groups, by the names that callers and entries use for them. */
  readonly groups: ReadonlyMap<string, readonly DeploymentPlan[]>;
}

/** A group that the config has, and how a call comes to it. */
export interface KnownGroup {
  readonly entry: FallbackEntry;
  readonly deployments: readonly DeploymentPlan[];
}

/** The deployments of the group that an entry names; null: there is no such group. */
export function deploymentsFor(config: RoutingConfig, entry: FallbackEntry): readonly DeploymentPlan[] | null {
  return deploymentsOf(config, groupOf(config, entry));
}

/** What a walk can come to from its first group: sometimes a little more than that, never less. */
export function reachOf(config: RoutingConfig, lists: FallbackLists, first: KnownGroup, maxFallbacks: number): Reach {
  const groups = new Map([[first.entry.group, first.deployments]]);
  if (maxFallbacks === 0) return { lists: {}, groups };
  const needed: Record<RuleList, Map<FallbackRule, FallbackRule>> = {
    fallbacks: new Map(),
    contextWindow: new Map(),
    contentPolicy: new Map(),
  };
  /** The least number of fallbacks that were tried when a walk is in a group, that group included. */
  const least = new Map([[first.entry.group, 0]]);
  const pending: [name: string, tried: number][] = [...least];

  const follow = (entries: readonly FallbackEntry[], tried: number): FallbackEntry[] => {
    const usable = usableEntries(config, entries, first.entry, maxFallbacks);
    let before = 0;
    for (const { entry, deployments } of usable) {
      if (deployments === null) continue;
      const count = Math.max(tried, before++) + 1;
      if (count >= (least.get(entry.group) ?? Infinity)) continue;
      least.set(entry.group, count);
      groups.set(entry.group, deployments);
      pending.push([entry.group, count]);
    }
    return usable.map(({ entry }) => entry);
  };
  const need = (list: RuleList, rule: FallbackRule | null, tried: number): void => {
    if (rule !== null) needed[list].set(rule, { key: rule.key, entries: follow(rule.entries, tried) });
  };

  const defaults = follow(lists.defaults, 0);
  for (const list of RULE_LISTS) need(list, wildcardRule(lists[list]), 0);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [name, tried] = next;
    if (tried >= maxFallbacks) continue;
    const names = namesOf(config, { group: name });
    for (const list of RULE_LISTS) need(list, specificRule(lists[list], names), tried);
  }

  const rulesOf = (list: RuleList) => lists[list].flatMap((rule) => needed[list].get(rule) ?? []);
  const fallbacks = rulesOf('fallbacks');
  const contextWindow = rulesOf('contextWindow');
  const contentPolicy = rulesOf('contentPolicy');
  return {
    lists: {
      ...(fallbacks.length > 0 && { fallbacks }),
      ...(contextWindow.length > 0 && { contextWindow }),
      ...(contentPolicy.length > 0 && { contentPolicy }),
      ...(defaults.length > 0 && { defaults }),
      // It says what becomes of answers that would fail for the sake of this list.
      ...(lists.fromRequest && contentPolicy.length > 0 && { fromRequest: true }),
    },
    groups,
  };
}

/**
 * Entries that may be taken or passed over: a group once, never the first one, and none after as many groups as a walk
 * may try. A rule of which none is left is a match all the same.
 */
function usableEntries(
  config: RoutingConfig,
  entries: readonly FallbackEntry[],
  first: FallbackEntry,
  maxFallbacks: number,
) {
  const seen = new Set([groupOf(config, first)]);
  const usable: { entry: FallbackEntry; deployments: KnownGroup['deployments'] | null }[] = [];
  for (const entry of entries) {
    if (seen.size > maxFallbacks) break;
    const group = groupOf(config, entry);
    if (seen.has(group)) continue;
    const deployments = deploymentsFor(config, entry);
    if (deployments !== null) seen.add(group);
    usable.push({ entry, deployments });
  }
  return usable;
}
