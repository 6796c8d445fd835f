import type { Command } from 'commander';
import type { TemporalOptions } from '../temporal/settings.js';
import type { ExitCode } from './exit-codes.js';

/** Adds a command to the program. `end` takes the exit code of a run that ends with another one than 0. */
export type AddCommand = (program: Command, end: (code: ExitCode) => void) => void;

/** Options that every command has beside its own. */
export type GlobalOptions = TemporalOptions;
