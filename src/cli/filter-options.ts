import { InvalidArgumentError, type Command } from 'commander';
import type { CallFilter } from '../client/list-calls.js';
import { didYouMean } from '../config/findings/nearest.js';
import { ERROR_KIND_NAMES, isErrorKind, type ErrorKind } from '../core/errors/error-kinds.js';
import { ageMs } from './option-values.js';

/** The filters of a command line that find calls. */
export interface FilterOptions {
  readonly retrying?: string;
  readonly gate?: string;
  readonly kind?: ErrorKind;
  readonly batch?: string;
  readonly older?: number;
  readonly query?: string;
}

/** Options by which a command finds calls: all of them together narrow. */
export function addFilterOptions(command: Command, retrying: string): Command {
  return command
    .option('--retrying <group>', retrying)
    .option('--gate <group>', 'calls that wait at the gate before this model group')
    .option('--kind <kind>', 'calls whose last attempt ended with this error kind: RateLimitError, Timeout, …', kindOf)
    .option('--batch <id>', 'calls of rows of this batch')
    .option('--older <age>', 'calls that were started so long ago: 90s, 30m, 2h, 1d', ageMs)
    .option('--query <filter>', "calls that this list filter of Temporal's finds");
}

/** What the filters of a command line find; null: none was given. */
export function filterOf(options: FilterOptions, nowMs: number): Omit<CallFilter, 'state'> | null {
  const { retrying, gate, kind, batch, older, query } = options;
  const given = [retrying, gate, kind, batch, older, query];
  if (given.every((filter) => filter === undefined)) return null;
  const startedBefore = older === undefined ? undefined : new Date(nowMs - older);
  return { retrying, gate, kind, batch, startedBefore, query };
}

function kindOf(text: string): ErrorKind {
  if (isErrorKind(text)) return text;
  throw new InvalidArgumentError(
    `${didYouMean(text, ERROR_KIND_NAMES).trim()} There are: ${ERROR_KIND_NAMES.join(', ')}.`.trim(),
  );
}
