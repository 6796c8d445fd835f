import { describe, expect, test } from 'vitest';
import { config, notesOf, own, problemsOf } from './helpers.js';

const AT = 'model_list[0].litellm_params.api_key: ';
const SENT = 'would be sent as it is written: a variable is os.environ/OPENAI_API_KEY in this file';

describe('a variable that is not written as os.environ/NAME is an error that says so', () => {
  test.each([
    '${OPENAI_API_KEY}',
    '${OPENAI_API_KEY:-none}',
    '${env:OPENAI_API_KEY}',
    '${{ secrets.OPENAI_API_KEY }}',
    '$OPENAI_API_KEY',
    '$(OPENAI_API_KEY)',
    '%OPENAI_API_KEY%',
    '{{OPENAI_API_KEY}}',
    '{{ .Values.OPENAI_API_KEY | quote }}',
    'env:OPENAI_API_KEY',
    'env.OPENAI_API_KEY',
    'ENV/OPENAI_API_KEY',
    'environ/OPENAI_API_KEY',
    "os.environ['OPENAI_API_KEY']",
    'os.environ.get("OPENAI_API_KEY")',
    'os.environ.OPENAI_API_KEY',
    'os.getenv("OPENAI_API_KEY")',
    'process.env.OPENAI_API_KEY',
    'OPENAI_API_KEY',
  ])('%s', (api_key) => {
    expect(problemsOf(own({ model: 'openai/m', api_key }))[0]).toBe(`${AT}${SENT}`);
  });

  test('so is a text that was to be replaced', () => {
    const problem = (api_key: string) => problemsOf(own({ model: 'openai/m', api_key }))[0];
    expect(problem('<your-key>')).toBe(
      `${AT}a text to be replaced: write the value, or os.environ/NAME for a variable`,
    );
    expect(problem('<MY_KEY>')).toContain('or os.environ/MY_KEY for a variable');
  });

  test.each([
    [own({ model: 'openai/m', api_key: 'k', api_base: '${BASE}/v1' }), 'model_list[0].litellm_params.api_base: '],
    [own({ model: 'azure/${NAME}', api_key: 'k' }), 'model_list[0].litellm_params.model: '],
    [
      own({ model: 'openai/m', api_key: 'k', extra_headers: { 'x-auth': 'Bearer {{ TOKEN }}' } }),
      'model_list[0].litellm_params.extra_headers.x-auth: ',
    ],
    [config({ general_settings: { master_key: '$MASTER' } }), 'general_settings.master_key: '],
    [config({ environment_variables: { OPENAI_API_KEY: '${KEY}' } }), 'environment_variables.OPENAI_API_KEY: '],
  ])('elsewhere: %j', (value, path) => {
    expect(problemsOf(value)[0]).toMatch(
      new RegExp(`^${path.replace(/[[\].]/g, '\\$&')}would be sent as it is written`),
    );
  });
});

test.each(['sk-$tr0ng', '$ecret', 'sk-{x}', 'EMPTY', 'none', 'environment', 'a%b%c', 'my<key>', 'env-key'])(
  'a key may be %s',
  (api_key) => {
    expect(notesOf(own({ model: 'openai/m', api_key }))).toEqual([]);
  },
);

test('texts of requests and fields of the body are left alone', () => {
  const fields = { user: '${USER}', extra_body: { template: '{{ name }}' }, stop: ['$STOP'] };
  expect(notesOf(own({ model: 'openai/m', api_key: 'k', ...fields }))).toEqual([]);
});
