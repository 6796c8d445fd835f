import { describe, expect, test } from 'vitest';
import { createFindHoldTarget } from '../../src/activities/find-hold-target.js';
import { namesThereAre } from '../../src/config/index.js';
import type { RoutingConfig } from '../../src/core/plan/settings.js';
import { config } from '../core/build.js';

const routing: RoutingConfig = {
  ...config(['dear', 'gpt-4o-mini', 'gpt-4o', 'gpt-4o-eu']),
  wildcards: { 'openai/*': [] },
  aliases: { fast: 'gpt-4o-mini', secret: 'dear' },
  hiddenAliases: ['secret'],
};

describe('what there is instead of a name that a config has not', () => {
  test.each<[what: string, name: string, text: string]>([
    [
      'the nearest is meant, and those that have the name come first',
      'gpt4o',
      ' Did you mean gpt-4o? There are model groups: gpt-4o, gpt-4o-eu, dear, gpt-4o-mini, openai/*; aliases: fast (alias of gpt-4o-mini)',
    ],
    [
      'a part of names: these come first, and none is meant',
      '4o-e',
      ' There are model groups: gpt-4o-eu, dear, gpt-4o, openai/*, gpt-4o-mini; aliases: fast (alias of gpt-4o-mini)',
    ],
    [
      'an alias may be meant',
      'fasst',
      ' Did you mean fast? There are model groups: dear, gpt-4o, openai/*, gpt-4o-eu, gpt-4o-mini; aliases: fast (alias of gpt-4o-mini)',
    ],
  ])('%s', (_, name, text) => {
    expect(namesThereAre(name, routing)).toBe(text);
  });

  test('nobody is told of hidden aliases, and a caller of no group that it may not ask for', () => {
    expect(namesThereAre('secre', routing)).not.toContain('secret');
    expect(namesThereAre('gpt-4', routing, { allowed: ['gpt-*'] })).toBe(
      ' Did you mean gpt-4o? There are model groups: gpt-4o, gpt-4o-eu, gpt-4o-mini; aliases: fast (alias of gpt-4o-mini)',
    );
    expect(namesThereAre('gpt-4', routing, { allowed: [] })).toBe('');
  });

  test('of many, twenty are told', () => {
    const many = config(Array.from({ length: 22 }, (_, number) => `group-${number}`));
    expect(namesThereAre('x', many)).toMatch(/, and 2 more$/);
  });

  test('to hold, there are deployments, too', async () => {
    await expect(createFindHoldTarget(config(['a', 'b']))({ target: 'c' })).rejects.toMatchObject({
      message: expect.stringMatching(
        /^there is no model group or deployment c\. .*There are model groups: a, b; deployments: /,
      ),
    });
  });
});
