import type { CallPlan } from '../plan/call-plan.js';
import { ERROR_KINDS, type ErrorKind } from '../errors/error-kinds.js';
import { specificRule, wildcardRule } from './fallback-lookup.js';
import { ownProperty } from '../common/own-property.js';
import type { FallbackEntry, FallbackRule } from '../plan/settings.js';

/** The lists with rules for groups: after an error, one of them says where the call goes on. */
export const RULE_LISTS = ['fallbacks', 'contextWindow', 'contentPolicy'] as const;

export type RuleList = (typeof RULE_LISTS)[number];

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
  /** Names passed over so far: each is told once. */
  readonly passedOver: readonly string[];
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
    lastNames: namesOf(plan, plan.first),
    fallbacks: 0,
    specific: [],
    wildcard: [],
    defaults: plan.lists?.defaults ?? [],
    used: [],
    passedOver: [],
  };
}

/** The real name of the group that an entry means. */
export function groupOf(plan: Pick<CallPlan, 'aliases'>, { group }: FallbackEntry): string {
  return ownProperty(plan.aliases ?? {}, group) ?? group;
}

/** The model that the caller asked for. */
export function requestedModel({ standsFor, first }: Pick<CallPlan, 'standsFor' | 'first'>): string {
  return standsFor ?? first.group;
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

/** The list that is asked first after an error; null: no other group would help. */
export function listOf(kind: ErrorKind): RuleList | null {
  return ERROR_KINDS[kind].fallsBack ? (LIST_OF_KIND[kind] ?? 'fallbacks') : null;
}

const NONE_LEFT = 'no fallback group is left';

/** The next group after one gave up with `kind`. */
export function nextGroup(plan: CallPlan, walk: WalkState, kind: ErrorKind): WalkStep {
  const list = listOf(kind);
  return list === null
    ? { entry: null, state: walk, unknown: [], reason: `${kind} is not helped by another group` }
    : nextBy(list, plan, walk);
}

/**
 * The next group after an error that a list is asked for first: depth first, so the failing group's own fallbacks come
 * before its siblings; after everything specific come the `"*"` entries of the list, then `default_fallbacks`. No group
 * is tried twice, and at most `max_fallbacks` are tried in all.
 */
export function nextBy(list: RuleList, plan: CallPlan, walk: WalkState): WalkStep {
  const unknown: string[] = [];
  const end = (reason: string): WalkStep => ({ entry: null, state: walk, unknown, reason });
  const { lists, maxFallbacks = 0 } = plan;
  if (lists === undefined || maxFallbacks === 0) return end(NONE_LEFT);
  if (walk.fallbacks >= maxFallbacks) return end(`max_fallbacks: ${maxFallbacks}`);

  const specific = [...entriesOf(specificRuleFor(lists, list, walk.lastNames)), ...walk.specific];
  const wildcard = [...walk.wildcard];
  const defaults = [...walk.defaults];
  const used = [...walk.used];

  let entry = takeKnown(plan, walk, specific, unknown);
  if (entry === null) {
    const [name, rule] = wildcardFor(lists, list);
    if (!used.includes(name)) {
      used.push(name);
      wildcard.unshift(...entriesOf(rule));
    }
    entry = takeKnown(plan, walk, wildcard, unknown);
  }
  entry ??= takeKnown(plan, walk, defaults, unknown);
  if (entry === null) return end(NONE_LEFT);

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
      passedOver: [...walk.passedOver, ...unknown],
    },
    unknown,
    reason: `falls back to ${group}`,
  };
}

/**
 * Where the walk could go from the current group: whether to another one, for errors that each list is asked for first.
 * It goes with the group to its activity: all that is decided there needs no more of the walk.
 */
export interface WalkOutlook extends Readonly<Record<RuleList, boolean>> {
  /** Whether an answer blocked by a content filter counts as a failure. */
  readonly blockedAnswerFails: boolean;
}

export function outlook(plan: CallPlan, walk: WalkState): WalkOutlook {
  const hasNextBy = (list: RuleList) => nextBy(list, plan, walk).entry !== null;
  return {
    fallbacks: hasNextBy('fallbacks'),
    contextWindow: hasNextBy('contextWindow'),
    contentPolicy: hasNextBy('contentPolicy'),
    blockedAnswerFails: blockedAnswerFails(plan, walk),
  };
}

/** Whether another group could be asked if the current one ended with `kind`. */
export function canFallBack(walk: WalkOutlook, kind: ErrorKind): boolean {
  const list = listOf(kind);
  return list !== null && walk[list];
}

/**
 * Whether an answer blocked by a content filter (a 200) is an error: only where a group of `content_policy_fallbacks`
 * or of `default_fallbacks` can still serve. Otherwise, and under a request's own `fallbacks`, it is delivered.
 */
function blockedAnswerFails(plan: CallPlan, walk: WalkState): boolean {
  const { lists = {}, maxFallbacks = 0 } = plan;
  const { contentPolicy = [], defaults = [], fromRequest = false } = lists;
  if (fromRequest || walk.fallbacks >= maxFallbacks) return false;
  const rules = [specificRule(contentPolicy, walk.lastNames), wildcardRule(contentPolicy)];
  return takeKnown(plan, walk, [...rules.flatMap(entriesOf), ...defaults], []) !== null;
}

/** A list without a rule for the group hands over to `fallbacks`. */
function specificRuleFor(
  lists: NonNullable<CallPlan['lists']>,
  list: RuleList,
  names: readonly string[],
): FallbackRule | null {
  return specificRule(lists[list] ?? [], names) ?? specificRule(lists.fallbacks ?? [], names);
}

function wildcardFor(lists: NonNullable<CallPlan['lists']>, list: RuleList): [RuleList, FallbackRule | null] {
  const own = wildcardRule(lists[list] ?? []);
  return own === null ? ['fallbacks', wildcardRule(lists.fallbacks ?? [])] : [list, own];
}

function entriesOf(rule: FallbackRule | null): readonly FallbackEntry[] {
  return rule?.entries ?? [];
}

/** Takes entries off the stack until one names a known group that was not tried. */
function takeKnown(plan: CallPlan, walk: WalkState, stack: FallbackEntry[], unknown: string[]): FallbackEntry | null {
  for (let entry = stack.shift(); entry !== undefined; entry = stack.shift()) {
    const group = groupOf(plan, entry);
    if (!Object.hasOwn(plan.groups, group)) {
      if (![...walk.passedOver, ...unknown].includes(entry.group)) unknown.push(entry.group);
    } else if (!walk.tried.includes(group)) return entry;
  }
  return null;
}
