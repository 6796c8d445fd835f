import { unwatchFile, watchFile } from 'node:fs';
import type { LiveConfig } from './live-config.js';
import { loadConfig, type LoadOptions } from './load-config.js';
import type { LoadedConfig } from './schema/loaded-config.js';

/** Files are looked at so often. */
const LOOK_MS = 1000;

/** A config that was read again, or why it is not in force. */
export type ReadAgain =
  | {
      readonly hash: string;
      /** What of it only counts after a restart. */
      readonly late: readonly string[];
    }
  | { readonly refused: Error };

export interface FollowOptions {
  readonly file: string;
  /** Those that were read for it so far. */
  readonly files: Iterable<string>;
  /** As the config was read first. */
  readonly load: LoadOptions;
  readonly live: LiveConfig;
  /** Why one that is right in itself cannot take the other's place; null: it can. */
  readonly whyNot: (next: LoadedConfig) => string | null;
  readonly tell: (read: ReadAgain) => void;
}

export interface FollowedConfig {
  /** Reads the config now. */
  readAgain(): void;
  stop(): void;
}

/**
 * Puts a config in force whenever its file, or one that it includes, has changed, after the check that it had at the start. One
 * that is refused leaves the old one in force.
 */
export function followConfig({ file, files, load, live, whyNot, tell }: FollowOptions): FollowedConfig {
  const watched = new Set<string>();
  let reading: Promise<void> = Promise.resolve();
  const readAgain = (): void => {
    reading = reading.then(readNow);
  };
  const watch = (each: string): void => {
    if (watched.has(each)) return;
    watched.add(each);
    watchFile(each, { interval: LOOK_MS, persistent: false }, readAgain);
  };
  const readNow = async (): Promise<void> => {
    try {
      const next = await loadConfig(file, { ...load, onRead: watch });
      const why = whyNot(next);
      tell(why === null ? { hash: next.routing.hash, late: live.replace(next) } : { refused: new Error(why) });
    } catch (error) {
      tell({ refused: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  for (const each of files) watch(each);
  return {
    readAgain,
    stop: () => {
      for (const each of watched) unwatchFile(each, readAgain);
    },
  };
}
