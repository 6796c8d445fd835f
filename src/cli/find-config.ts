import { existsSync } from 'node:fs';
import { UsageError } from './usage-error.js';

/** Config files that are used without being named, the first that is there. */
export const CONFIG_FILES = ['holdfast.yaml', 'holdfast.example.yaml'] as const;

export const CONFIG_HELP = `config file (default: ${CONFIG_FILES.join(', else ')})`;

/** The config file to use. */
export function findConfig(given: string | undefined): string {
  const file = given ?? CONFIG_FILES.find((name) => existsSync(name));
  if (file !== undefined) return file;
  throw new UsageError(
    `no config: this folder has neither ${CONFIG_FILES.join(' nor ')}. Name one with --config FILE, or write one`,
  );
}
