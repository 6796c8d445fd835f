import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRow } from '../../src/batch/check-row.js';
import { settingMeantBy } from '../../src/config/schema/misspelt-setting.js';
import { checkCall, parseConfig } from '../../src/config/index.js';
import { SETTING_KEYS } from '../../src/core/plan/request.js';

const chat = (fields: object) => ({ model: 'a', messages: [{ role: 'user', content: 'hi' }], ...fields });

describe('a setting that is misspelt is an error that names both', () => {
  test.each([
    ['num_retires', 'num_retries'],
    ['numRetries', 'num_retries'],
    ['num-retries', 'num_retries'],
    ['Timeout', 'timeout'],
    ['time_out', 'timeout'],
    ['timeouts', 'timeout'],
    ['falbacks', 'fallbacks'],
    ['fallback', 'fallbacks'],
    ['retry_polices', 'retry_policy'],
    ['max_fallback', 'max_fallbacks'],
    ['disable_fallback', 'disable_fallbacks'],
    ['content_policy_fallback', 'content_policy_fallbacks'],
    ['stream_time_out', 'stream_timeout'],
  ])('%s for %s', (written, meant) => {
    const problem = `${written}: unknown setting, and too much like ${meant} to be meant for the provider. Write ${meant}`;
    expect(checkCall('chat.completions', chat({ [written]: 3 }))).toEqual({
      problem: `the request is not valid: ${problem}`,
    });
    const row = { custom_id: '1', url: '/v1/chat/completions', body: chat({ [written]: 3 }) };
    expect(checkRow(Buffer.from(JSON.stringify(row)), {}).problem).toContain(problem);
    const inEntry = checkCall('chat.completions', chat({ fallbacks: [{ model: 'b', [written]: 3 }] }));
    expect(inEntry.problem).toContain(`fallbacks[0].${problem}`);
  });
});

test('so is one in a fallback of a config', () => {
  const config = {
    model_list: [{ model_name: 'a', litellm_params: { model: 'openai/a', api_key: 'x' } }],
    router_settings: { fallbacks: [{ a: [{ model: 'a', num_retires: 3 }] }] },
  };
  expect(() => parseConfig(JSON.stringify(config), { source: 'test', env: {} })).toThrow(
    'num_retires: unknown key. Did you mean num_retries?',
  );
});

test('what is not near to one of ours is sent on', () => {
  const fields = { tempurature: 1, top_k: 3, retries: 1, time: 1, min_p: 0.1, request_timeout: 3, numbers: 1 };
  expect(checkCall('chat.completions', chat(fields))).toMatchObject({ problem: null });
});

test("no parameter of OpenAI's is taken for a misspelt setting", () => {
  const folder = 'node_modules/openai/resources';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  // Those of its client have capitals.
  const names = new Set(texts.flatMap((text) => text.match(/(?<=^ +)[a-z\d_]+(?=\??:)/gm) ?? []));
  expect(names.size).toBeGreaterThan(500);
  expect(names).toContain('max_completion_tokens');
  const taken = [...names].filter((name) => settingMeantBy(name) !== null);
  expect(taken).toEqual([]);
  for (const setting of SETTING_KEYS) expect(settingMeantBy(setting)).toBe(null);
});
