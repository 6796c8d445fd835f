import { describe, expect, test } from 'vitest';
import { isAllowed, refusedGroup } from '../../../src/core/plan/allowed-groups.js';

const routing = { aliases: { nick: 'good' } };

test.each<[allowed: string[] | undefined, group: string, expected: boolean]>([
  [undefined, 'anything', true],
  [['good'], 'good', true],
  [['good'], 'nick', true],
  [['nick'], 'nick', true],
  [['nick'], 'good', false],
  [['wild/*'], 'wild/1', true],
  [['good'], 'constructor', false],
  [[], 'good', false],
])('who may ask for %j asks for %s: %s', (allowed, group, expected) => {
  expect(isAllowed(allowed, group, routing)).toBe(expected);
});

describe('the group that a call may not ask for', () => {
  const rules = (group: string) => [{ key: '*', entries: [{ group }] }];

  test.each([
    ['its model', 'bad', {}],
    ['a fallback', 'good', { fallbacks: rules('bad') }],
    ['a fallback for long prompts', 'good', { contextWindowFallbacks: rules('bad') }],
    ['a fallback for refused content', 'good', { contentPolicyFallbacks: rules('bad') }],
  ])('%s', (_, model, settings) => {
    expect(refusedGroup(['good'], { model, settings }, routing)).toBe('bad');
    expect(refusedGroup(undefined, { model, settings }, routing)).toBeNull();
  });

  test('none', () => {
    expect(refusedGroup(['good'], { model: 'nick', settings: { fallbacks: rules('good') } }, routing)).toBeNull();
  });
});
