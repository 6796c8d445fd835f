import type { CallPlan, FallbackLists } from './call-plan.js';
import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';
import { specificRule, wildcardRule } from './fallback-lookup.js';
import { ownValue } from './own-value.js';
import type { FallbackEntry, FallbackRule } from './settings.js';

type RuleList = 'fallbacks' | 'contextWindow' | 'contentPolicy';

/** Where a call is in its fallbacks. Plain JSON; every step makes a new one. */
export interface WalkState {
  /** Groups tried, the first one included, by their real names. */
  readonly tried: readonly string[];
  /** The names of the group tried last, as lookups use them: an alias, then its target. */
  readonly lastNames: readonly string[];
  /** Fallback groups tried in all. */
  readonly fallbacks: number;
  /** Entries still to come, the next one first: made for a group, from a `"*"`, from `default_fallbacks`. */
  readonly specific: readonly FallbackEntry[];
  readonly wildcard: readonly FallbackEntry[];
  readonly defaults: readonly FallbackEntry[];
  /** Lists whose `"*"` entries were taken up: each serves once. */
  readonly used: readonly RuleList[];
}

/** A step of the walk: the next group, or null, and why. */
export interface WalkStep {
  readonly entry: FallbackEntry | null;
  readonly state: WalkState;
  /** Names passed over because no such group exists. */
  readonly unknown: readonly string[];
  readonly reason: string;
}

export function startWalk(plan: CallPlan): WalkState {
  return {
    tried: [groupOf(plan, plan.first)],
    lastNames: plan.firstNames,
    fallbacks: 0,
    specific: [],
    wildcard: [],
    // Those before the default group that stands for an unknown model were passed over when the plan was made.
    defaults: plan.lists.defaults.slice(plan.passedOver.length),
    used: [],
  };
}

/** The real name of the group that an entry means. */
export function groupOf(plan: Pick<CallPlan, 'aliases'>, { group }: FallbackEntry): string {
  return ownValue(plan.aliases, group) ?? group;
}

/** The names that an entry's group goes by in lookups: an alias, then its target. */
export function namesOf(plan: Pick<CallPlan, 'aliases'>, entry: FallbackEntry): string[] {
  const group = groupOf(plan, entry);
  return entry.group === group ? [group] : [entry.group, group];
}

/** Kinds with a list of their own; every other kind is served by `fallbacks`. */
const LIST_OF_KIND: { readonly [kind in ErrorKind]?: RuleList } = {
  ContextWindowExceededError: 'contextWindow',
  ContentPolicyViolationError: 'contentPolicy',
};

/**
 * The next group after one gave up with `kind`: depth first, so the failing group's own fallbacks come before its
 * siblings; after everything specific come the `"*"` entries of the list for this kind, then `default_fallbacks`.
 * No group is tried twice, and at most `max_fallbacks` are tried in all.
 */
export function nextGroup(plan: CallPlan, walk: WalkState, kind: ErrorKind): WalkStep {
  const unknown: string[] = [];
  const end = (reason: string): WalkStep => ({ entry: null, state: walk, unknown, reason });
  if (!ERROR_KINDS[kind].fallsBack) return end(`${kind} is not helped by another group`);
  if (walk.fallbacks >= plan.maxFallbacks) {
    return end(
      plan.maxFallbacks === 0 ? 'fallbacks are off (max_fallbacks: 0)' : `max_fallbacks: ${plan.maxFallbacks}`,
    );
  }

  const { lists } = plan;
  const specific = [...entriesOf(specificRuleFor(lists, kind, walk.lastNames)), ...walk.specific];
  const wildcard = [...walk.wildcard];
  const defaults = [...walk.defaults];
  const used = [...walk.used];

  let entry = takeKnown(plan, walk, specific, unknown);
  if (entry === null) {
    const [name, rule] = wildcardFor(lists, kind);
    if (!used.includes(name)) {
      used.push(name);
      wildcard.unshift(...entriesOf(rule));
    }
    entry = takeKnown(plan, walk, wildcard, unknown);
  }
  entry ??= takeKnown(plan, walk, defaults, unknown);
  if (entry === null) return end('no fallback group is left');

  const group = groupOf(plan, entry);
  return {
    entry,
    state: {
      tried: [...walk.tried, group],
      lastNames: namesOf(plan, entry),
      fallbacks: walk.fallbacks + 1,
      specific,
      wildcard,
      defaults,
      used,
    },
    unknown,
    reason: `falls back to ${group}`,
  };
}

/** Whether the walk could go on if the current group ended with `kind`. */
export function canGoOn(plan: CallPlan, walk: WalkState, kind: ErrorKind): boolean {
  return nextGroup(plan, walk, kind).entry !== null;
}

/**
 * Whether an answer blocked by a content filter (a 200) is an error: only where a group of `content_policy_fallbacks`
 * or of `default_fallbacks` can still serve. Otherwise, and under a request's own `fallbacks`, it is delivered.
 */
export function blockedAnswerFails(plan: CallPlan, walk: WalkState): boolean {
  const { lists, maxFallbacks } = plan;
  if (lists.fromRequest || walk.fallbacks >= maxFallbacks) return false;
  const rules = [specificRule(lists.contentPolicy, walk.lastNames), wildcardRule(lists.contentPolicy)];
  return takeKnown(plan, walk, [...rules.flatMap(entriesOf), ...lists.defaults], []) !== null;
}

/** The rule for this kind; a list without a rule for the group hands over to `fallbacks`. */
function specificRuleFor(lists: FallbackLists, kind: ErrorKind, names: readonly string[]): FallbackRule | null {
  const own = LIST_OF_KIND[kind];
  return (own === undefined ? null : specificRule(lists[own], names)) ?? specificRule(lists.fallbacks, names);
}

function wildcardFor(lists: FallbackLists, kind: ErrorKind): [RuleList, FallbackRule | null] {
  const own = LIST_OF_KIND[kind];
  const name = own === undefined || wildcardRule(lists[own]) === null ? 'fallbacks' : own;
  return [name, wildcardRule(lists[name])];
}

function entriesOf(rule: FallbackRule | null): readonly FallbackEntry[] {
  return rule?.entries ?? [];
}

/** Takes entries off the stack until one names a known group that was not tried. */
function takeKnown(plan: CallPlan, walk: WalkState, stack: FallbackEntry[], unknown: string[]): FallbackEntry | null {
  for (let entry = stack.shift(); entry !== undefined; entry = stack.shift()) {
    const group = groupOf(plan, entry);
    if (!Object.hasOwn(plan.groups, group)) unknown.push(entry.group);
    else if (!walk.tried.includes(group)) return entry;
  }
  return null;
}
