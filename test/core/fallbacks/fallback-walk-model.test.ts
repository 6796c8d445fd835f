import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallPlan, FallbackLists } from '../../../src/core/plan/call-plan.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { specificRule, wildcardRule } from '../../../src/core/fallbacks/fallback-lookup.js';
import { canFallBack, nextGroup, outlook, startWalk } from '../../../src/core/fallbacks/fallback-walk.js';
import type { FallbackEntry } from '../../../src/core/plan/settings.js';
import { callPlan, lists } from '../build.js';
import { walkAll } from '../walk-all.js';

const CONTEXT = 'ContextWindowExceededError';
const POLICY = 'ContentPolicyViolationError';
const INTERNAL = 'InternalServerError';

// Any walk: the rules once more, from the history of the walk alone, without stacks.

/** A plan with all that a plan may have. */
interface ModelPlan extends CallPlan {
  readonly lists: FallbackLists;
  readonly aliases: Readonly<Record<string, string>>;
  readonly maxFallbacks: number;
}

interface Ended {
  names: readonly string[];
  kind: ErrorKind;
}

function modelWalk(plan: ModelPlan, failures: readonly ErrorKind[]): string[] {
  const special = (kind: ErrorKind) =>
    kind === CONTEXT ? plan.lists.contextWindow : kind === POLICY ? plan.lists.contentPolicy : null;
  const history: Ended[] = [];
  const begun: FallbackLists['fallbacks'][] = [];
  const { group: requested } = plan.first;
  const first = plan.aliases[requested] ?? requested;
  const tried = [first];
  let names = first === requested ? [first] : [requested, first];
  const usable = ({ group }: FallbackEntry) => {
    const target = plan.aliases[group] ?? group;
    return target in plan.groups && !tried.includes(target);
  };
  while (tried.length <= plan.maxFallbacks) {
    const kind = failures[tried.length - 1] ?? failures.at(-1)!;
    history.unshift({ names, kind });
    const own = history.flatMap((ended) => {
      const rule =
        specificRule(special(ended.kind) ?? [], ended.names) ?? specificRule(plan.lists.fallbacks, ended.names);
      return rule?.entries ?? [];
    });
    let next = own.find(usable);
    if (next === undefined) {
      const list = special(kind) ?? [];
      const recent = wildcardRule(list) === null ? plan.lists.fallbacks : list;
      if (!begun.includes(recent)) begun.unshift(recent);
      next = [...begun.flatMap((rule) => wildcardRule(rule)?.entries ?? []), ...plan.lists.defaults].find(usable);
    }
    if (next === undefined) break;
    const target = plan.aliases[next.group] ?? next.group;
    names = target === next.group ? [target] : [next.group, target];
    tried.push(target);
  }
  return tried.slice(1);
}

const anyName = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'openai/b', 'x', 'y', 'nobody');
const anyEntries = fc.array(
  anyName.map((group) => ({ group })),
  { maxLength: 4 },
);
const anyRules = fc.uniqueArray(
  fc.record({
    key: fc.oneof({ weight: 3, arbitrary: anyName }, { weight: 1, arbitrary: fc.constantFrom('*', '') }),
    entries: anyEntries,
  }),
  { maxLength: 5, selector: ({ key }) => key },
);
const anyPlan = fc
  .record({
    fallbacks: anyRules,
    contextWindow: anyRules,
    contentPolicy: anyRules,
    defaults: anyEntries,
    maxFallbacks: fc.integer({ min: 0, max: 7 }),
    firstAlias: fc.boolean(),
  })
  .map(({ maxFallbacks, firstAlias, ...set }): ModelPlan => ({
    ...callPlan(['a', 'b', 'c', 'd', 'e', 'openai/b']),
    first: { group: firstAlias ? 'x' : 'a' },
    lists: lists(set),
    aliases: { x: 'a', y: 'c' },
    maxFallbacks,
  }));
const anyFailures = fc.array(fc.constantFrom<ErrorKind>(INTERNAL, CONTEXT, POLICY, 'BadRequestError'), {
  minLength: 1,
  maxLength: 8,
});

test('any walk ends, tries no group twice, keeps to max_fallbacks, and is the one of the rules', () => {
  fc.assert(
    fc.property(anyPlan, anyFailures, (plan, failures) => {
      const { groups, state } = walkAll(plan, failures);
      expect(new Set(['a', ...groups]).size).toBe(groups.length + 1);
      expect(groups.length).toBeLessThanOrEqual(plan.maxFallbacks);
      expect([state.tried, state.fallbacks]).toEqual([['a', ...groups], groups.length]);
      expect(groups).toEqual(modelWalk(plan, failures));
    }),
    { numRuns: 1000 },
  );
});

test('the walk can go on exactly when there is a next group, and a blocked answer fails only then', () => {
  fc.assert(
    fc.property(anyPlan, anyFailures, (plan, failures) => {
      let state = startWalk(plan);
      for (const kind of failures) {
        const step = nextGroup(plan, state, kind);
        const ahead = outlook(plan, state);
        expect(canFallBack(ahead, kind)).toBe(step.entry !== null);
        if (ahead.blockedAnswerFails) expect(canFallBack(ahead, POLICY)).toBe(true);
        state = step.state;
      }
    }),
  );
});
