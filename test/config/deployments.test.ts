import { describe, expect, test } from 'vitest';
import { model, own, parse, problemsOf } from './helpers.js';

describe('groups and ids', () => {
  test('entries of one name are the deployments of one group, and get ids by their place in it', () => {
    const { routing } = parse({ model_list: [model('a'), model('b'), model('a', { model: 'openai/other' })] });
    expect(routing.groups).toEqual({
      a: [
        { id: 'a#a-up', model: 'a-up' },
        { id: 'a#other', model: 'other' },
      ],
      b: [{ id: 'b#b-up', model: 'b-up' }],
    });
  });

  test('model_info.id is the id, also when it is a number', () => {
    const { routing, connections } = parse({
      model_list: [model('a', {}, { id: 'first' }), model('a', {}, { id: 7 })],
    });
    expect(routing.groups['a']?.map(({ id }) => id)).toEqual(['first', '7']);
    expect(Object.keys(connections).toSorted()).toEqual(['7', 'first']);
  });

  test('two deployments with one id are an error', () => {
    expect(problemsOf({ model_list: [model('a', {}, { id: 'x' }), model('b', {}, { id: 'x' })] })).toEqual([
      'model_list[1].model_info.id: model_list[0] has the same id: ids must differ',
    ]);
  });

  test('a group may have the name of something that every object has', () => {
    const { routing } = parse({ model_list: [model('constructor'), model('__proto__')] });
    expect(Object.keys(routing.groups)).toEqual(['constructor', '__proto__']);
  });

  test('settings of a deployment', () => {
    const { routing, operational } = parse({
      model_list: [
        model('a', {
          order: 2,
          num_retries: '1',
          timeout: 5,
          rpm: 10,
          tpm: '9000',
          weight: 0.5,
          stream_timeout: 2,
          max_parallel_requests: 3,
          cooldown_time: 8,
        }),
      ],
    });
    const id = 'a#a-up';
    expect(routing.groups['a']).toEqual([
      { id, model: 'a-up', order: 2, numRetries: 1, timeoutMs: 5000, streamTimeoutMs: 2000, weight: 0.5 },
    ]);
    expect(operational.deployments[id]).toEqual({
      rpm: 10,
      tpm: 9000,
      maxParallelRequests: 3,
      cooldownMs: 8000,
    });
  });
});

describe('shares', () => {
  const cases: [what: string, params: Record<string, unknown>[], weights: (number | undefined)[]][] = [
    ['equal when nothing is set', [{}, {}], [undefined, undefined]],
    ['by weight', [{ weight: 9 }, { weight: 1 }], [9, 1]],
    ['by weight as soon as one is set, whatever the limits', [{ weight: 9, rpm: 1 }, { rpm: 100 }], [9, undefined]],
    ['by requests per minute', [{ rpm: 900 }, { rpm: 100 }], [900, 100]],
    ['equal when the limits of some are unknown', [{ rpm: 900 }, {}], [undefined, undefined]],
  ];
  test.each(cases)('%s', (_, params, weights) => {
    const { routing } = parse({ model_list: params.map((each) => model('a', each)) });
    expect(routing.groups['a']?.map(({ weight }) => weight)).toEqual(weights);
  });
});

describe('what is wrong with a deployment', () => {
  const at = 'model_list[0].litellm_params';
  const env = { OPENAI_API_KEY: 'sk-from-env', EMPTY: '', COUNT: 'some-private-text' };
  const wayOut = " If it is the provider's, write it under extra_body";
  const cases: [what: string, params: Record<string, unknown>, problem: string][] = [
    [
      'a provider whose endpoint each customer has',
      { model: 'azure/gpt-4o', api_key: 'k' },
      `${at}.api_base: no api_base for the provider azure: write the URL of your endpoint or set AZURE_API_BASE where the workers run`,
    ],
    [
      'a key that no header can carry',
      { model: 'm', api_key: 'two words' },
      `${at}.api_key: has characters that a header cannot carry`,
    ],
    [
      'an endpoint that is no URL',
      { model: 'm', api_base: 'host/v1', api_key: 'k' },
      `${at}.api_base: expected a URL that begins with http:// or https://`,
    ],
    [
      'an endpoint with a password',
      { model: 'm', api_base: 'https://u:p@host/v1', api_key: 'k' },
      `${at}.api_base: must not hold a user name and a password: use api_key`,
    ],
    [
      'an endpoint with a part that is no part of a request',
      { model: 'm', api_base: 'https://host/v1#key=x', api_key: 'k' },
      `${at}.api_base: must not have a part that begins with #`,
    ],
    [
      'a variable that is not set',
      { model: 'm', api_key: 'os.environ/NOT_THERE' },
      `${at}.api_key: the environment variable NOT_THERE is not set. Set it where the workers run, or write another value`,
    ],
    [
      'a variable that is empty',
      { model: 'm', api_key: 'os.environ/EMPTY' },
      `${at}.api_key: the environment variable EMPTY is not set. Set it where the workers run, or write another value`,
    ],
    [
      'a reference without a name',
      { model: 'm', api_key: 'os.environ/' },
      `${at}.api_key: os.environ/ must be followed by the name of an environment variable`,
    ],
    [
      'a variable with a wrong value, which is not shown',
      { model: 'm', num_retries: 'os.environ/COUNT' },
      `${at}.num_retries: expected a whole number from 0 to 1000000, got the value of COUNT`,
    ],
    [
      'a time-out of 0',
      { model: 'm', timeout: 0 },
      `${at}.timeout: expected seconds, more than 0 and at most 2147483, got 0`,
    ],
    ['a negative weight', { model: 'm', weight: -1 }, `${at}.weight: expected a number, 0 or more, got -1`],
    [
      'a misspelt key',
      { model: 'm', api_bse: 'https://host' },
      `${at}.api_bse: unknown key, and too much like api_base to be meant for others. Did you mean api_base?${wayOut}`,
    ],
    [
      'a key in other spelling',
      { model: 'm', apiKey: 'sk-x' },
      `${at}.apiKey: unknown key, and too much like api_key to be meant for others. Did you mean api_key?${wayOut}`,
    ],
    [
      'two names for the endpoint, each with another URL',
      { model: 'm', api_key: 'k', api_base: 'https://one', base_url: 'https://two' },
      `${at}.base_url: another URL than api_base, which means the same`,
    ],
    [
      'a header that would break the connection',
      { model: 'm', extra_headers: { 'Content-Length': 3 } },
      `${at}.extra_headers.Content-Length: set by the connection itself`,
    ],
    [
      'a header with a line break, which is not shown',
      { model: 'm', extra_headers: { 'x-a': 'one\ntwo' } },
      `${at}.extra_headers.x-a: has characters that a header cannot carry`,
    ],
    [
      'headers that are no object',
      { model: 'm', extra_headers: 'x' },
      `${at}.extra_headers: expected an object of headers, each with a text`,
    ],
    [
      'a field of extra_body that is no field',
      { model: 'm', extra_body: 3 },
      `${at}.extra_body: expected an object of fields of the body, got 3`,
    ],
    [
      'a credential that is not there',
      { model: 'm', litellm_credential_name: 'mine' },
      `${at}.litellm_credential_name: there is no such credential in credential_list.`,
    ],
    [
      'more * than the group has',
      { model: 'openai/*' },
      `${at}.model: has more * than model_name: each stands for the text of one there`,
    ],
  ];
  test.each(cases)('%s', (_, params, problem) => {
    expect(problemsOf(own(params), env)).toEqual([problem]);
  });

  test('without any key for OpenAI', () => {
    expect(problemsOf(own({ model: 'gpt-4o' }))).toEqual([
      `${at}.api_key: not set, and neither is the environment variable OPENAI_API_KEY. Set it where the workers run, or write api_key`,
    ]);
  });

  test('OPENAI_BASE_URL that is no URL', () => {
    expect(problemsOf(own({ model: 'gpt-4o' }), { ...env, OPENAI_BASE_URL: 'localhost' })).toEqual([
      `${at}: the environment variable OPENAI_BASE_URL: expected a URL that begins with http:// or https://, as in http://localhost`,
    ]);
  });

  const entries: [what: string, modelList: unknown, problem: string][] = [
    ['no list', undefined, 'model_list: missing: a config needs a list of models'],
    ['null', null, 'model_list: missing: a config needs a list of models'],
    ['an empty list', [], 'model_list: empty: a config needs at least one model'],
    ['an object', { a: 1 }, 'model_list: expected a list, each entry with model_name and litellm_params'],
    ['an entry that is a text', ['a'], 'model_list[0]: expected an object with model_name and litellm_params'],
    [
      'an entry without a name',
      [{ litellm_params: model('a').litellm_params }],
      'model_list[0].model_name: expected a name of 1 to 200 characters, without control characters',
    ],
    [
      'an entry with a number for its name',
      [{ ...model('a'), model_name: 4 }],
      'model_list[0].model_name: expected a name of 1 to 200 characters, without control characters, got 4',
    ],
    [
      'a name that is too long',
      [model('x'.repeat(201))],
      `model_list[0].model_name: expected a name of 1 to 200 characters, without control characters, got "${'x'.repeat(58)}…`,
    ],
    [
      'a name with a line break',
      [model('x\ny')],
      'model_list[0].model_name: expected a name of 1 to 200 characters, without control characters, got "x\\ny"',
    ],
    ['an entry without parameters', [{ model_name: 'a' }], 'model_list[0].litellm_params: missing'],
    [
      'an unknown key',
      [{ ...model('a'), modelname: 'a' }],
      'model_list[0].modelname: unknown key. Did you mean model_name?',
    ],
  ];
  test.each(entries)('model_list: %s', (_, modelList, problem) => {
    expect(problemsOf(modelList === undefined ? { router_settings: {} } : { model_list: modelList })).toEqual([
      problem,
    ]);
  });
});
