import { specificRule, WILDCARD } from '../core/fallbacks/fallback-lookup.js';
import type { FallbackEntry, FallbackRule, RoutingConfig, SettingsLayer } from '../core/plan/settings.js';
import { deploymentsOf, starsIn } from '../core/plan/wildcards.js';
import type { Findings } from './findings/findings.js';
import { didYouMean } from './findings/nearest.js';
import type { Path } from './findings/path.js';

const RULE_LISTS = {
  fallbacks: 'fallbacks',
  context_window_fallbacks: 'contextWindowFallbacks',
  content_policy_fallbacks: 'contentPolicyFallbacks',
} as const satisfies Record<string, keyof SettingsLayer>;

/**
 * Names that lead nowhere. An alias without a target and a group that would ask first are errors: the others are passed over when
 * a call runs.
 */
export function checkNames(routing: RoutingConfig, findings: Findings): void {
  const names = [...Object.keys(routing.groups), ...Object.keys(routing.aliases)];
  const known = {
    all: names,
    has: (name: string) => Object.hasOwn(routing.aliases, name) || deploymentsOf(routing, name) !== null,
  };
  checkAliases(routing, findings);
  for (const [section, layer] of [
    ['router_settings', routing.router],
    ['litellm_settings', routing.litellm],
  ] as const) {
    for (const [key, list] of Object.entries(RULE_LISTS)) {
      checkRules(layer[list] ?? [], [section, key], known, findings);
    }
    checkEntries(layer.defaultFallbacks ?? [], [section, 'default_fallbacks'], known, findings);
  }
  for (const group of routing.router.fallbackApproval?.groups ?? []) {
    if (known.has(group)) continue;
    // A slip in its name would let calls go where somebody wants to be asked.
    const path = ['router_settings', 'fallback_approval', 'groups'];
    findings.problem(path, `there is no model group ${group}.${didYouMean(group, known.all)}`);
  }
  for (const group of Object.keys(routing.router.modelGroupRetryPolicy ?? {})) {
    // Retries are a matter of the group itself: an alias has none of its own.
    if (deploymentsOf(routing, group) !== null && starsIn(group) === 0) continue;
    const path = ['router_settings', 'model_group_retry_policy', group];
    findings.note(
      path,
      `unknown model group: the policy is not used.${didYouMean(group, Object.keys(routing.groups))}`,
    );
  }
}

interface KnownNames {
  readonly all: readonly string[];
  has(name: string): boolean;
}

function checkAliases(routing: RoutingConfig, findings: Findings): void {
  const { groups, aliases } = routing;
  for (const [alias, target] of Object.entries(aliases)) {
    const path = ['router_settings', 'model_group_alias', alias];
    if (deploymentsOf(routing, target) === null) {
      const problem = Object.hasOwn(aliases, target)
        ? 'the target is an alias itself'
        : `unknown model group ${target}`;
      findings.problem(path, `${problem}: name a model group.${didYouMean(target, Object.keys(groups))}`);
    } else if (Object.hasOwn(groups, alias) && alias !== target) {
      findings.note(path, `also a model group, which nobody can reach by this name: the alias leads to ${target}`);
    }
  }
}

function checkRules(rules: readonly FallbackRule[], path: Path, known: KnownNames, findings: Findings): void {
  const seen = new Set<string>();
  for (const { key, entries } of rules) {
    if (seen.has(key)) findings.note(path, `a second rule for ${key} is not used: put all its entries into the first`);
    else if (key !== WILDCARD && !known.has(key) && !servesAny(key, known)) {
      findings.note(
        path,
        `the rule for ${key} is not used: there is no such model group.${didYouMean(key, known.all)}`,
      );
    }
    seen.add(key);
    checkEntries(entries, path, known, findings);
  }
}

/** Whether a lookup of some group, by prefix or version, finds the rule. */
function servesAny(key: string, { all }: KnownNames): boolean {
  return all.slice(0, 1000).some((name) => specificRule([{ key, entries: [] }], [name]) !== null);
}

function checkEntries(entries: readonly FallbackEntry[], path: Path, known: KnownNames, findings: Findings): void {
  for (const { group } of entries) {
    if (known.has(group)) continue;
    findings.note(path, `there is no model group ${group}: it is passed over.${didYouMean(group, known.all)}`);
  }
}
