import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../src/config/index.js';
import { config, notesOf, parse, problemsOf } from './helpers.js';

const router = (settings: Record<string, unknown>) => config({ router_settings: settings });
const FORM = 'fallbacks must name the group they serve, as in [{"group": ["other-group"]}]';

describe('fallbacks in a config', () => {
  const cases: [what: string, fallbacks: unknown, rules: unknown][] = [
    [
      'a list for each group',
      [{ a: ['b'] }, { b: ['a'] }],
      [
        { key: 'a', entries: [{ group: 'b' }] },
        { key: 'b', entries: [{ group: 'a' }] },
      ],
    ],
    [
      'two groups in one object are two rules',
      [{ a: ['b'], b: ['a'] }],
      [
        { key: 'a', entries: [{ group: 'b' }] },
        { key: 'b', entries: [{ group: 'a' }] },
      ],
    ],
    ['a text is a list of one', [{ a: 'b' }], [{ key: 'a', entries: [{ group: 'b' }] }]],
    ['"*" is for every other group', [{ '*': ['b'] }], [{ key: '*', entries: [{ group: 'b' }] }]],
    ['a group may be named "model"', [{ model: ['b'] }], [{ key: 'model', entries: [{ group: 'b' }] }]],
    [
      'overrides are settings or fields of the body',
      [
        {
          a: [
            {
              model: 'b',
              num_retries: '2',
              timeout: 3,
              stream_timeout: 1.5,
              retry_policy: { DefaultRetries: 1 },
              temperature: 0.1,
            },
          ],
        },
      ],
      [
        {
          key: 'a',
          entries: [
            {
              group: 'b',
              settings: { numRetries: 2, timeoutMs: 3000, streamTimeoutMs: 1500, retryPolicy: { DefaultRetries: 1 } },
              body: { temperature: 0.1 },
            },
          ],
        },
      ],
    ],
    [
      'what is ours and means nothing here does not reach the provider',
      [
        {
          a: {
            model: 'b',
            max_retries: 2,
            num_retries: null,
            fallbacks: null,
            metadata: { holdfast: 1 },
          },
        },
      ],
      [{ key: 'a', entries: [{ group: 'b' }] }],
    ],
    ['an empty list', [], []],
  ];
  test.each(cases)('%s', (_, fallbacks, rules) => {
    expect(parse(router({ fallbacks })).routing.router.fallbacks).toEqual(rules);
  });

  test('default_fallbacks are entries', () => {
    const { routing } = parse(router({ default_fallbacks: ['a', { model: 'b', max_tokens: 1 }] }));
    expect(routing.router.defaultFallbacks).toEqual([{ group: 'a' }, { group: 'b', body: { max_tokens: 1 } }]);
  });

  const wrong: [settings: Record<string, unknown>, problem: string][] = [
    [{ fallbacks: ['b'] }, `fallbacks[0]: ${FORM}`],
    [{ fallbacks: [{ model: 'b', temperature: 0 }] }, `fallbacks[0]: ${FORM}`],
    [{ fallbacks: { a: ['b'] } }, `fallbacks: ${FORM}`],
    [{ fallbacks: 'b' }, `fallbacks: ${FORM}`],
    [{ context_window_fallbacks: ['b'] }, `context_window_fallbacks[0]: ${FORM}`],
    [
      { content_policy_fallbacks: [{ a: [3] }] },
      'content_policy_fallbacks[0].a[0]: expected the name of a model group, or an object with "model" and what changes for it, got 3',
    ],
    [
      { fallbacks: [{ a: [{ temperature: 0 }] }] },
      'fallbacks[0].a[0].model: missing: expected a name of 1 to 200 characters, without control characters',
    ],
    [
      { fallbacks: [{ a: [{ model: 'b', num_retries: -1 }] }] },
      'fallbacks[0].a[0].num_retries: expected a whole number from 0 to 1000000, got -1',
    ],
    [
      { fallbacks: [{ a: [{ model: 'b', timeout: 0 }] }] },
      'fallbacks[0].a[0].timeout: expected seconds, more than 0 and at most 31622400, got 0',
    ],
    ...[
      'max_fallbacks',
      'fallbacks',
      'disable_fallbacks',
      'num_retries_per_request',
      'model_group_retry_policy',
      'validate_schema',
      'stream',
    ].map((key): [Record<string, unknown>, string] => [
      { fallbacks: [{ a: [{ model: 'b', [key]: 1 }] }] },
      `fallbacks[0].a[0].${key}: holds for the whole call, and cannot change for one group`,
    ]),
    ...['api_key', 'api_base', 'extra_headers'].map((key): [Record<string, unknown>, string] => [
      { default_fallbacks: [{ model: 'b', [key]: 'private' }] },
      `default_fallbacks[0].${key}: not accepted, because requests and fallbacks are kept in history: keys and endpoints belong in litellm_params of the config`,
    ]),
  ];
  test.each(wrong)('%j is an error', (settings, problem) => {
    expect(problemsOf(router(settings))).toContain(`router_settings.${problem}`);
  });

  const unused: [settings: Record<string, unknown>, note: string][] = [
    [{ fallbacks: [{ a: ['bb'] }] }, 'fallbacks: there is no model group bb: it is passed over. Did you mean b?'],
    [{ default_fallbacks: ['ghost'] }, 'default_fallbacks: there is no model group ghost: it is passed over.'],
    [{ fallbacks: [{ ghost: ['b'] }] }, 'fallbacks: the rule for ghost is not used: there is no such model group.'],
    [
      { fallbacks: [{ a: ['b'] }, { a: ['b'] }] },
      'fallbacks: a second rule for a is not used: put all its entries into the first',
    ],
    [
      { model_group_retry_policy: { ab: { DefaultRetries: 1 } } },
      'model_group_retry_policy.ab: unknown model group: the policy is not used. Did you mean a?',
    ],
    [
      { model_group_alias: { a: 'b' } },
      'model_group_alias.a: also a model group, which nobody can reach by this name: the alias leads to b',
    ],
  ];
  test.each(unused)('%j leads nowhere, which is a note', (settings, note) => {
    expect(notesOf(router(settings))).toEqual([`router_settings.${note}`]);
  });

  test('a rule that lookups find by prefix, version or alias is in use', () => {
    const fallbacks = [{ 'openai/a': ['b'] }, { x: ['openai/b'] }];
    expect(notesOf(router({ fallbacks, model_group_alias: { x: 'a', 'openai/b': 'b' } }))).toEqual([]);
  });
});

describe('fallbacks in a request', () => {
  const read = (fallbacks: unknown) =>
    parseRequest('chat.completions', { model: 'a', messages: [{ role: 'user', content: 'hi' }], fallbacks });
  const every = (...entries: unknown[]) => [{ key: '', entries }];
  const cases: [what: string, fallbacks: unknown, rules: unknown][] = [
    ['names serve every group', ['b', 'c'], every({ group: 'b' }, { group: 'c' })],
    ['one name', 'b', every({ group: 'b' })],
    [
      'overrides serve every group',
      [{ model: 'b', temperature: 0.1 }],
      every({ group: 'b', body: { temperature: 0.1 } }),
    ],
    ['one override', { model: 'b' }, every({ group: 'b' })],
    ['an object without model maps groups', [{ a: ['b'] }], [{ key: 'a', entries: [{ group: 'b' }] }]],
    [
      'both',
      ['b', { a: ['c'] }, { model: 'd' }],
      [...every({ group: 'b' }, { group: 'd' }), { key: 'a', entries: [{ group: 'c' }] }],
    ],
    [
      'a rule for "*" is another list than that of names',
      ['b', { '*': 'c' }, 'd'],
      [...every({ group: 'b' }, { group: 'd' }), { key: '*', entries: [{ group: 'c' }] }],
    ],
    ['an empty list, which switches fallbacks off', [], []],
    ['null, which sets nothing', null, undefined],
  ];
  test.each(cases)('%s', (_, fallbacks, rules) => {
    expect(read(fallbacks)).toMatchObject({ ok: true });
    const result = read(fallbacks);
    expect(result.ok && result.settings.fallbacks).toEqual(rules);
  });

  const wrong: [fallbacks: unknown, path: string, message: string][] = [
    [3, 'fallbacks', 'expected the name of a model group, or an object with "model" and what changes for it, got 3'],
    [
      ['b', null],
      'fallbacks[1]',
      'expected the name of a model group, or an object with "model" and what changes for it, got null',
    ],
    [
      [{ model: 'b', messages: [] }],
      'fallbacks[0].messages',
      'expected a list of messages, at least one, got an empty list',
    ],
    [
      [{ a: { model: 'b', num_retries: 'x' } }],
      'fallbacks[0].a.num_retries',
      'expected a whole number from 0 to 1000000, got "x"',
    ],
    [[{ '': ['b'] }], 'fallbacks[0][""]', 'expected the name of a model group, or "*", got a list'],
  ];
  test.each(wrong)('%j is a problem', (fallbacks, path, message) => {
    expect(read(fallbacks)).toEqual({ ok: false, problems: [{ path, message }] });
  });
});
