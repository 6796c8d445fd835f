import type { Explanation } from '../../../src/core/explain/explain.js';
import type { ExplainedGroup } from '../../../src/core/explain/explain-group.js';
import type { ExplainedTarget } from '../../../src/core/explain/explain-hops.js';
import type { RuleList } from '../../../src/core/fallbacks/fallback-walk.js';

/** Where a call is, and where it may go on. */
export interface Place {
  readonly group: ExplainedGroup;
  /** Names of the groups that were asked. */
  readonly tried: readonly string[];
  readonly fallbacks: number;
  /** What is still to come, in this order. */
  readonly specific: readonly ExplainedTarget[];
  readonly wildcard: readonly ExplainedTarget[];
  readonly defaults: readonly ExplainedTarget[];
  /** Lists whose `"*"` was taken up. */
  readonly used: readonly RuleList[];
  readonly passedOver: readonly string[];
}

export interface NextPlace {
  /** Null: the call ends. */
  readonly place: Place | null;
  /** Names that are no groups. */
  readonly passedOver: readonly string[];
}

export function firstPlace(explained: Explanation): Place {
  const [group] = explained.groups;
  if (group === undefined) throw new Error('the explanation has no group');
  const nothingYet = { fallbacks: 0, specific: [], wildcard: [], used: [], passedOver: [] };
  return { group, tried: [group.group], defaults: explained.defaults, ...nothingYet };
}

/** Names that were passed over before the first group. */
export function passedOverAtFirst({ walks }: Explanation): readonly string[] {
  return walks.find(({ list }) => list === null)?.passedOver ?? [];
}

/** Where a call goes when its group ended with this error. */
export function nextPlace(explained: Explanation, place: Place, kind: string): NextPlace {
  const list = explained.walks.find(({ kinds }) => kinds.some((each) => each === kind))?.list ?? null;
  const passedOver: string[] = [];
  if (list === null || place.fallbacks >= explained.call.maxFallbacks.value) return { place: null, passedOver };

  const { next } = place.group;
  const specific = [...(next[list] ?? next.fallbacks ?? []), ...place.specific];
  const wildcard = [...place.wildcard];
  const defaults = [...place.defaults];
  const used = [...place.used];
  const take = (stack: ExplainedTarget[]): ExplainedGroup | null => {
    for (let target = stack.shift(); target !== undefined; target = stack.shift()) {
      const group = target.groupIndex === null ? undefined : explained.groups[target.groupIndex];
      if (group === undefined) {
        if (![...place.passedOver, ...passedOver].includes(target.name)) passedOver.push(target.name);
      } else if (!place.tried.includes(group.group)) return group;
    }
    return null;
  };

  let group = take(specific);
  if (group === null) {
    const serving = explained.wildcards[list] === null ? 'fallbacks' : list;
    if (!used.includes(serving)) wildcard.unshift(...(explained.wildcards[serving] ?? []));
    used.push(serving);
    group = take(wildcard) ?? take(defaults);
  }
  if (group === null) return { place: null, passedOver };
  const tried = [...place.tried, group.group];
  const known = [...place.passedOver, ...passedOver];
  const { fallbacks } = place;
  return {
    place: { group, tried, fallbacks: fallbacks + 1, specific, wildcard, defaults, used, passedOver: known },
    passedOver,
  };
}

/** Whether an answer that a content filter blocked is a failure in this group. */
export function blockedAnswerFails(explained: Explanation, place: Place): boolean {
  if (explained.fallbacksOfRequest || place.fallbacks >= explained.call.maxFallbacks.value) return false;
  const targets = [
    place.group.next.contentPolicy ?? [],
    explained.wildcards.contentPolicy ?? [],
    explained.defaults,
  ].flat();
  return targets.some(({ groupIndex }) => {
    const group = groupIndex === null ? undefined : explained.groups[groupIndex];
    return group !== undefined && !place.tried.includes(group.group);
  });
}
