import type { CallPlan } from './call-plan.js';
import { specificRule, wildcardRule } from './fallback-lookup.js';
import { groupOf, namesOf, RULE_LISTS, type RuleList } from './fallback-walk.js';
import type { FallbackEntry, FallbackRule } from './settings.js';

/** A group that a fallback names. */
export interface ExplainedTarget {
  readonly name: string;
  /** Which of the groups of the explanation; null: there is no such group, or the call ends before it gets there. */
  readonly groupIndex: number | null;
}

/** What each list names; null where it has no rule. */
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
    const { lists, maxFallbacks } = this.plan;
    const served = [...this.rulesAt(wildcardRule), lists.defaults].flat();
    const met = new Set<string>();
    let last = [this.plan.first];
    for (let fallback = 1; fallback <= maxFallbacks && last.length > 0; fallback += 1) {
      const named = [...last.flatMap((entry) => this.namedFor(entry)), ...(fallback === 1 ? served : [])];
      last = named.filter((entry) => this.canFollow(entry) && !met.has(this.keyOf(entry)));
      for (const entry of last) {
        met.add(this.keyOf(entry));
        if (!this.byKey.has(this.keyOf(entry))) this.add(entry, 'after errors of different sorts');
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
    const { lists, passedOver } = this.plan;
    return lists.defaults.slice(passedOver.length).map((entry) => this.target(entry));
  }

  private targets(ruleOf: (rules: readonly FallbackRule[]) => FallbackRule | null): ExplainedTargets {
    const named = (list: RuleList) => ruleOf(this.plan.lists[list])?.entries.map((entry) => this.target(entry)) ?? null;
    return {
      fallbacks: named('fallbacks'),
      contextWindow: named('contextWindow'),
      contentPolicy: named('contentPolicy'),
    };
  }

  private target(entry: FallbackEntry): ExplainedTarget {
    const index = this.isFirst(entry) ? 0 : this.byKey.get(this.keyOf(entry))?.index;
    return { name: entry.group, groupIndex: index ?? null };
  }

  private namedFor(entry: FallbackEntry): readonly FallbackEntry[] {
    const names = namesOf(this.plan, entry);
    return this.rulesAt((rules) => specificRule(rules, names)).flat();
  }

  private rulesAt(ruleOf: (rules: readonly FallbackRule[]) => FallbackRule | null): (readonly FallbackEntry[])[] {
    return RULE_LISTS.map((list) => ruleOf(this.plan.lists[list])?.entries ?? []);
  }

  private canFollow(entry: FallbackEntry): boolean {
    return Object.hasOwn(this.plan.groups, groupOf(this.plan, entry)) && !this.isFirst(entry);
  }

  /** It is tried before any other: nothing leads back to it, by whatever name or with whatever changes. */
  private isFirst(entry: FallbackEntry): boolean {
    return groupOf(this.plan, entry) === groupOf(this.plan, this.plan.first);
  }

  /** An alias and its target have rules of their own. */
  private keyOf({ group, settings, body }: FallbackEntry): string {
    return JSON.stringify([group, settings, body]);
  }
}

function howItBegins(plan: CallPlan): string {
  if (plan.firstIsDefault) return `default_fallbacks: ${plan.requested} is unknown`;
  return plan.first.group === groupOf(plan, plan.first) ? 'requested' : `requested as ${plan.first.group}`;
}
