import type { RowCounts } from './batch.js';
import type { ErrorKind } from '../errors/error-kinds.js';
import type { Tokens } from '../errors/failure-facts.js';
import { addTokens, NO_TOKENS } from '../ledger/ledger.js';

export const NO_ROWS: RowCounts = { answered: 0, failed: 0, errors: {}, tokens: NO_TOKENS };

/** How a row ended, as far as it is counted. */
export interface CountedEnd {
  readonly state: 'answered' | 'failed';
  /** Of the failure. */
  readonly kind?: ErrorKind | undefined;
  readonly tokens: Tokens;
}

/** One more row has come to its end. */
export function addRow(counts: RowCounts, { state, kind, tokens }: CountedEnd): RowCounts {
  const errors = kind === undefined ? counts.errors : sumErrors(counts.errors, { [kind]: 1 });
  return { ...counts, [state]: counts[state] + 1, errors, tokens: addTokens(counts.tokens, tokens) };
}

/** The rows of several chunks. */
export function sumCounts(a: RowCounts, b: RowCounts): RowCounts {
  return {
    answered: a.answered + b.answered,
    failed: a.failed + b.failed,
    errors: sumErrors(a.errors, b.errors),
    tokens: addTokens(a.tokens, b.tokens),
  };
}

function sumErrors(a: RowCounts['errors'], b: RowCounts['errors']): RowCounts['errors'] {
  const sums = { ...a };
  for (const [kind, rows] of Object.entries(b)) sums[kind] = (sums[kind] ?? 0) + rows;
  return sums;
}
