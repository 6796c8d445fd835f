import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  specificRule,
  wildcardRule,
  withoutProvider,
  withoutVersion,
} from '../../../src/core/fallbacks/fallback-lookup.js';
import { rules } from '../build.js';

/** The key of the rule that serves a group, or null. */
function keyFor(keys: readonly string[], ...names: string[]): string | null {
  const list = keys.map((key) => ({ key, entries: [] }));
  return specificRule(list, names)?.key ?? null;
}

test.each([
  ['openai/gpt-4o', 'gpt-4o'],
  ['openrouter/openai/gpt-4o', 'openai/gpt-4o'],
  ['gpt-4o', 'gpt-4o'],
  ['', ''],
])('%s without its provider is %s', (name, bare) => {
  expect(withoutProvider(name)).toBe(bare);
});

test.each([
  ['gpt-4o-2024-08-06', 'gpt-4o'],
  ['claude-3-5-sonnet-20241022', 'claude-3-5-sonnet'],
  ['claude-3-5-sonnet@20241022', 'claude-3-5-sonnet'],
  ['gpt-4-0613', 'gpt-4'],
  ['gpt-4-1106', 'gpt-4'],
  ['gemini-1.5-pro-002', 'gemini-1.5-pro'],
  ['claude-3-5-haiku-latest', 'claude-3-5-haiku'],
  ['gpt-4o', 'gpt-4o'],
  ['gpt-4-32k', 'gpt-4-32k'],
  ['model-1300', 'model-1300'],
  ['model-0132', 'model-0132'],
  ['llama-3-8192', 'llama-3-8192'],
  ['gpt-4o-2024-08-06-preview', 'gpt-4o-2024-08-06-preview'],
])('%s without its version is %s', (name, bare) => {
  expect(withoutVersion(name)).toBe(bare);
});

describe('the stages of a lookup', () => {
  const cases: [what: string, keys: string[], names: string[], key: string | null][] = [
    ['exact', ['b', 'a'], ['a'], 'a'],
    ['a prefix on the caller’s side', ['gpt-4o'], ['openai/gpt-4o'], 'gpt-4o'],
    ['a prefix on the side of the key', ['openai/gpt-4o'], ['gpt-4o'], 'openai/gpt-4o'],
    ['not with another prefix', ['azure/gpt-4o'], ['openai/gpt-4o'], null],
    ['a version on the caller’s side', ['gpt-4o'], ['gpt-4o-2024-08-06'], 'gpt-4o'],
    ['not a version on the side of the key', ['gpt-4o-2024-08-06'], ['gpt-4o'], null],
    ['not another version', ['gpt-4o-2024-08-06'], ['gpt-4o-2024-11-20'], null],
    ['prefix and version of the caller', ['gpt-4o'], ['openai/gpt-4o-2024-08-06'], 'gpt-4o'],
    ['a version of the caller and a prefix of the key', ['openai/gpt-4o'], ['gpt-4o-2024-08-06'], 'openai/gpt-4o'],
    ['a version, with the same prefix on both sides', ['openai/gpt-4o'], ['openai/gpt-4o-2024-08-06'], 'openai/gpt-4o'],
    ['a version, not with another prefix', ['azure/gpt-4o'], ['openai/gpt-4o-2024-08-06'], null],
    ['exact before prefix, wherever they stand', ['gpt-4o', 'openai/gpt-4o'], ['openai/gpt-4o'], 'openai/gpt-4o'],
    ['prefix before version', ['gpt-4o', 'gpt-4o-2024-08-06'], ['openai/gpt-4o-2024-08-06'], 'gpt-4o-2024-08-06'],
    ['of two that match in the same stage, the first', ['openai/gpt-4o', 'azure/gpt-4o'], ['gpt-4o'], 'openai/gpt-4o'],
    ['an alias by its own name', ['fast', 'gpt-4o'], ['fast', 'gpt-4o'], 'fast'],
    ['an alias by the name of its target', ['gpt-4o'], ['fast', 'gpt-4o'], 'gpt-4o'],
    ['all stages of the alias before the target', ['gpt-4o', 'fast'], ['fast-2024-08-06', 'gpt-4o'], 'fast'],
    ['"*" is nobody’s own', ['*'], ['a'], null],
    ['nor that of a group called so', ['*'], ['*'], null],
    ['a plain list, for every group', ['b', '*', ''], ['a'], ''],
    ['a rule with the name before a plain list', ['', 'gpt-4o'], ['openai/gpt-4o-2024-08-06'], 'gpt-4o'],
    ['nothing', ['b'], ['a'], null],
  ];
  test.each(cases)('%s', (_, keys, names, key) => {
    expect(keyFor(keys, ...names)).toBe(key);
  });
});

test('the "*" rule of a list, the first if there are two', () => {
  const list = [...rules({ a: ['b'], '*': ['c'] }), ...rules({ '*': ['d'] })];
  expect([wildcardRule(list), wildcardRule(rules({ a: ['b'] }))]).toEqual([list[1], null]);
});

test('an exact key wins over every other one', () => {
  const name = fc
    .tuple(
      fc.constantFrom('', 'openai/', 'azure/'),
      fc.constantFrom('gpt', 'claude'),
      fc.constantFrom('', '-0613', '-latest'),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(name), name, (others, own) => {
      expect(keyFor([...others, own], own)).toBe(own);
    }),
  );
});
