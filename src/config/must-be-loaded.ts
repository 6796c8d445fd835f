import type { LoadedConfig } from './schema/loaded-config.js';

/**
 * The config among the options of a program, which may be one without types, or one that forgot an `await`.
 * @param taker - what wants it, for the error
 * @throws TypeError
 */
export function mustBeLoaded(options: { readonly config?: unknown } | undefined, taker: string): LoadedConfig {
  const config = options?.config;
  if (isLoaded(config)) return config;
  throw new TypeError(`${taker}: config: expected what \`await loadConfig(FILE)\` gives; got ${nameOf(config)}`);
}

function isLoaded(config: unknown): config is LoadedConfig {
  return typeof config === 'object' && config !== null && 'routing' in config;
}

function nameOf(config: unknown): string {
  if (config === undefined) return 'none';
  if (config instanceof Promise) return 'a promise: await it';
  return typeof config === 'string' ? 'a text' : 'something else';
}
