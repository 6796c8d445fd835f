import { describe, expect, test } from 'vitest';
import {
  fallbackGroupsFor,
  type Fallback,
  type FallbacksByGroup,
} from '../../../src/core/functions/fallback-groups-for.js';

/** All in one list; each test says which entry serves a group. */
const LIST: FallbacksByGroup[] = [
  { fast: ['smart', 'spare'], 'gpt-4o': ['4o-fallback'] },
  { 'openai/o3': ['o3-fallback'] },
  { single: 'smart' },
  { overrides: [{ model: 'smart', temperature: 0, num_retries: 1 }, 'spare'] },
  { none: [] },
  { fast: ['never'] },
];
const WITH_STAR: FallbacksByGroup[] = [{ '*': ['anybody'] }, ...LIST];

describe('the fallbacks of a group', () => {
  const cases: [what: string, list: FallbacksByGroup[], group: string | string[], fallbacks: Fallback[]][] = [
    ['by its name; a second entry for it does not count', LIST, 'fast', ['smart', 'spare']],
    ['a single name', LIST, 'single', ['smart']],
    [
      'objects with overrides stay as they are',
      LIST,
      'overrides',
      [{ model: 'smart', temperature: 0, num_retries: 1 }, 'spare'],
    ],
    ['without the prefix of the group', LIST, 'openai/gpt-4o', ['4o-fallback']],
    ['without the prefix of the key', LIST, 'o3', ['o3-fallback']],
    ['without the version of the group', LIST, 'gpt-4o-2024-08-06', ['4o-fallback']],
    ['without both', LIST, 'openai/gpt-4o-2024-08-06', ['4o-fallback']],
    ['none for this group', LIST, 'other', []],
    ['none in an empty list', [], 'fast', []],
    ['"*" for a group without its own', WITH_STAR, 'other', ['anybody']],
    ['"*" only then', WITH_STAR, 'fast', ['smart', 'spare']],
    ['a group with an empty list has one of its own', WITH_STAR, 'none', []],
    ['an alias by its own name first', LIST, ['fast', 'gpt-4o'], ['smart', 'spare']],
    ['an alias by its target', LIST, ['quick', 'gpt-4o'], ['4o-fallback']],
    [
      'a group whose entry is undefined has none of its own',
      [{ fast: undefined }, ...WITH_STAR],
      'fast',
      ['smart', 'spare'],
    ],
    ['a group with an odd name', LIST, 'constructor', []],
  ];
  test.each(cases)('%s', (_, list, group, fallbacks) => {
    expect(fallbackGroupsFor(list, group)).toEqual(fallbacks);
  });
});
