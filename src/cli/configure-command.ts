import type { Command } from 'commander';
import type { TemporalOptions } from '../temporal/settings.js';
import type { ExitCode } from './exit-codes.js';

/** Gives a command its arguments and its action. `end` takes the exit code of a run that ends with another one than 0. */
export type ConfigureCommand = (command: Command, end: (code: ExitCode) => void) => void;

/** Options that every command has beside its own. */
export interface GlobalOptions extends TemporalOptions {
  /** The config file whose keys of encryption are used. */
  readonly keysFrom?: string | undefined;
}
