import type { CallPlan } from '../plan/call-plan.js';
import { specificRule, wildcardRule } from '../fallbacks/fallback-lookup.js';
import { groupOf, namesOf, RULE_LISTS, type RuleList } from '../fallbacks/fallback-walk.js';
import type { FallbackEntry, FallbackRule } from '../plan/settings.js';

/** A group that a fallback names. */
export interface ExplainedTarget {
  readonly name: string;
  /** Which of the groups of the explanation; null: there is no such group. */
  readonly groupIndex: number | null;
}

/** What each list names that the call may come to; null where it has no rule for that. */
export type ExplainedTargets = Readonly<Record<RuleList, readonly ExplainedTarget[] | null>>;

interface Hop {
  readonly index: number;
  readonly entry: FallbackEntry;
  /** For people. */
  readonly reachedBy: string[];
}

/** The groups that a call can reach, each once with the name and the changes of the fallback entry that leads to it. */
export class Hops {
  private readonly plan: CallPlan;
  private readonly byKey = new Map<string, Hop>();

  constructor(plan: CallPlan) {
    this.plan = plan;
    this.add(plan.first, howItBegins(plan));
  }

  get all(): Hop[] {
    return [...this.byKey.values()];
  }

  /** The index of the group that an entry leads to. */
  add(entry: FallbackEntry, reachedBy: string): number {
    const hop = this.byKey.get(this.keyOf(entry)) ?? { index: this.byKey.size, entry, reachedBy: [] };
    this.byKey.set(this.keyOf(entry), hop);
    hop.reachedBy.push(reachedBy);
    return hop.index;
  }

  /** Adds the groups that a call comes to only when its groups end with errors of different sorts. */
  addTheRest(): void {
    const { lists = {} } = this.plan;
    const rules = RULE_LISTS.flatMap((list) => lists[list] ?? []);
    const entries = [...rules.flatMap((rule) => rule.entries), ...(lists.defaults ?? [])];
    for (const entry of entries) {
      if (this.canFollow(entry) && !this.byKey.has(this.keyOf(entry))) {
        this.add(entry, 'after errors of different sorts');
      }
    }
  }

  /** What the lists name for the group that an entry leads to. */
  next({ entry }: Hop): ExplainedTargets {
    const names = namesOf(this.plan, entry);
    return this.targets((rules) => specificRule(rules, names));
  }

  /** What the `"*"` of the lists name. */
  wildcards(): ExplainedTargets {
    return this.targets(wildcardRule);
  }

  /** What `default_fallbacks` name, without those that were passed over when the call began. */
  defaults(): ExplainedTarget[] {
    return (this.plan.lists?.defaults ?? []).map((entry) => this.target(entry));
  }

  private targets(ruleOf: (rules: readonly FallbackRule[]) => FallbackRule | null): ExplainedTargets {
    const { lists = {} } = this.plan;
    const named = (list: RuleList) => ruleOf(lists[list] ?? [])?.entries.map((entry) => this.target(entry)) ?? null;
    return {
      fallbacks: named('fallbacks'),
      contextWindow: named('contextWindow'),
      contentPolicy: named('contentPolicy'),
    };
  }

  private target(entry: FallbackEntry): ExplainedTarget {
    return { name: entry.group, groupIndex: this.byKey.get(this.keyOf(entry))?.index ?? null };
  }

  private canFollow(entry: FallbackEntry): boolean {
    return Object.hasOwn(this.plan.groups, groupOf(this.plan, entry));
  }

  /** An alias and its target have rules of their own. */
  private keyOf({ group, settings, body }: FallbackEntry): string {
    return JSON.stringify([group, settings, body]);
  }
}

function howItBegins(plan: CallPlan): string {
  if (plan.standsFor !== undefined) return `default_fallbacks: ${plan.standsFor} is unknown`;
  return plan.first.group === groupOf(plan, plan.first) ? 'requested' : `requested as ${plan.first.group}`;
}
