import { stringify } from 'yaml';
import { ConfigError, type LoadedConfig, parseConfig } from '../../src/config/index.js';

export const KEY = 'sk-test-0123456789abcdef';

/** A model list entry on an endpoint of its own. */
export function model(group: string, params: Record<string, unknown> = {}, info?: Record<string, unknown>) {
  return {
    model_name: group,
    litellm_params: { model: `openai/${group}-up`, api_base: 'http://127.0.0.1:9/v1', api_key: KEY, ...params },
    ...(info && { model_info: info }),
  };
}

/** A config with one deployment, of the group `a`, as it is written. */
export const own = (params: Record<string, unknown>, info?: Record<string, unknown>) => ({
  model_list: [{ model_name: 'a', litellm_params: params, ...(info && { model_info: info }) }],
});

/** A config with the groups `a` and `b`, and these sections beside. */
export function config(sections: Record<string, unknown> = {}) {
  return { model_list: [model('a'), model('b')], ...sections };
}

export function parse(value: unknown, env: NodeJS.ProcessEnv = {}, requireKeys = true, lenient = false): LoadedConfig {
  const text = typeof value === 'string' ? value : stringify(value);
  return parseConfig(text, { source: 'test.yaml', env, requireKeys, lenient });
}

/** The problems of a config that is refused, each as `path: message`. */
export function problemsOf(value: unknown, env: NodeJS.ProcessEnv = {}): string[] {
  try {
    parse(value, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return lines(error.problems);
  }
  throw new Error('expected a ConfigError');
}

export function notesOf(value: unknown, env: NodeJS.ProcessEnv = {}, requireKeys = true): string[] {
  return lines(parse(value, env, requireKeys).notes);
}

function lines(findings: readonly { path: string; message: string }[]): string[] {
  return findings.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
}
