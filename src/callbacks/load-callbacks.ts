import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, type CallbackModule, type LoadedConfig } from '../config/index.js';
import { nearest } from '../config/findings/nearest.js';
import { fieldsOf } from '../core/common/fields.js';
import { redactedMessage } from '../core/common/redact.js';
import type { CallEvent, Callbacks } from './events.js';
import { settlesWithin, systemClock } from '../clock.js';
import { describeError } from './foreign-code.js';

/** A callback of a module. */
export interface Callback {
  readonly name: keyof Callbacks;
  /** Of its module, absolute. */
  readonly file: string;
  readonly call: (event: CallEvent) => unknown;
}

/** The callback that hears of each type of event. */
export const CALLBACK_OF = {
  success: 'onSuccess',
  failure: 'onFailure',
  fallback: 'onFallback',
} as const satisfies Record<CallEvent['type'], keyof Callbacks>;

/** A module may wait for something when it is loaded, though not for ever: 30 s. */
const LOAD_LIMIT_MS = 30_000;

const NAMES: readonly (keyof Callbacks)[] = Object.values(CALLBACK_OF);

/**
 * Loads the modules with callbacks that a config names.
 * @throws ConfigError when one cannot be loaded, or has no callback
 */
export async function loadCallbacks(
  config: Pick<LoadedConfig, 'source' | 'callbacks' | 'secrets'>,
  limitMs = LOAD_LIMIT_MS,
): Promise<Callback[]> {
  const loaded: Callback[] = [];
  const problems: { path: string; message: string }[] = [];
  for (const module of config.callbacks) {
    try {
      loaded.push(...callbacksOf(await load(module.file, limitMs), module));
    } catch (error) {
      const why = error instanceof UnusableModule ? error.message : `cannot be loaded: ${describeError(error)}`;
      const message = redactedMessage(`${module.file} ${why}`, config.secrets);
      problems.push({ path: module.path, message: `${message}. Correct the module, or take it out of the config` });
    }
  }
  if (problems.length > 0) throw new ConfigError(config.source, problems);
  return loaded;
}

class UnusableModule extends Error {}

/** Node strips types only; what else TypeScript has, enums and imports without a path's end, it does not run. */
const TYPESCRIPT: readonly string[] = ['.ts', '.mts', '.cts'];

async function load(file: string, limitMs: number): Promise<unknown> {
  const loading = importModule(file);
  if (await settlesWithin(systemClock, loading, limitMs)) return loading;
  throw new UnusableModule(`has not loaded within ${limitMs / 1000} s`);
}

async function importModule(file: string): Promise<unknown> {
  if (!TYPESCRIPT.includes(extname(file))) return import(pathToFileURL(file).href);
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url, { fsCache: false, interopDefault: false }).import(file);
}

function callbacksOf(exported: unknown, { file }: CallbackModule): Callback[] {
  const byName = fieldsOf(exported);
  const byDefault = fieldsOf(byName['default']);
  const names = Object.keys({ ...byDefault, ...byName }).filter((name) => name !== 'default');
  for (const name of names) {
    const meant = isCallbackName(name) ? null : nearest(name, NAMES, () => 2);
    if (meant !== null) throw new UnusableModule(`exports ${name}, which is no callback. Did you mean ${meant}?`);
  }
  const callbacks = NAMES.flatMap((name): Callback[] => {
    const owner = name in byName ? byName : byDefault;
    const callback = owner[name];
    if (callback === undefined) return [];
    if (typeof callback !== 'function') throw new UnusableModule(`exports ${name}, which is no function`);
    return [{ name, file, call: (event) => callback.call(owner, event) as unknown }];
  });
  if (callbacks.length > 0) return callbacks;
  const has = names.length === 0 ? 'nothing' : names.slice(0, 10).join(', ');
  throw new UnusableModule(`exports none of ${NAMES.join(', ')}, by name or in a default object. It exports ${has}`);
}

function isCallbackName(name: string): boolean {
  return NAMES.some((known) => known === name);
}

/** The exports of a module, or what an object that it exports by default has, its class's methods included. */
