import type { LoadedConfig } from './schema/loaded-config.js';

/** What a process takes from its config when it starts, by the names that a config has for it. */
const TAKEN_AT_START: readonly [name: string, part: (config: LoadedConfig) => unknown][] = [
  ['encryption', ({ encryption }) => encryption],
  ['external_storage', ({ externalStorage }) => externalStorage],
  ['litellm_settings.callbacks', ({ callbacks }) => callbacks],
  ['general_settings.first_attempt', ({ gateway }) => gateway.firstAttempt],
  ['general_settings.max_receiving_mb', ({ gateway }) => gateway.maxReceivingBytes],
  ['general_settings.background_health_checks', ({ operational }) => operational.healthCheckEveryMs],
];

/** A config that takes another's place while others use it. */
export interface LiveConfig {
  /** Whoever keeps this, or its `routing`, `operational` or `gateway`, sees what is in force. */
  readonly config: LoadedConfig;
  /** Puts another one in force. Returns what of it only counts after a restart. */
  replace(next: LoadedConfig): readonly string[];
}

export function liveConfig(first: LoadedConfig): LiveConfig {
  let now = first;
  const views = {
    routing: liveView(() => now.routing),
    operational: liveView(() => now.operational),
    gateway: liveView(() => now.gateway),
  };
  let shown = { ...first, ...views };
  return {
    config: liveView(() => shown),
    replace: (next) => {
      const late = TAKEN_AT_START.filter(([, part]) => JSON.stringify(part(next)) !== JSON.stringify(part(first)));
      // What a request in flight was sent with may still come back in a text.
      const secrets = [...new Set([...now.secrets, ...next.secrets])];
      now = { ...next, secrets, gateway: { ...next.gateway, firstAttempt: first.gateway.firstAttempt } };
      shown = { ...now, ...views };
      return late.map(([name]) => name);
    },
  };
}

/** What is made of a part of a config, and made anew once another one is in force. */
export function madeOf<Part, Made>(part: () => Part, make: (part: Part) => Made): () => Made {
  let from = part();
  let made = make(from);
  return () => {
    const now = part();
    if (now !== from) {
      from = now;
      made = make(now);
    }
    return made;
  };
}

/** An object that has the fields of another one, which may change. */
function liveView<T extends object>(now: () => T): T {
  return new Proxy({} as T, {
    get: (_, key) => Reflect.get(now(), key) as unknown,
    has: (_, key) => Reflect.has(now(), key),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_, key) => {
      const own = Reflect.getOwnPropertyDescriptor(now(), key);
      return own && { ...own, configurable: true };
    },
  });
}
