import type { RowCounts } from './batch.js';
import type { Tokens } from './failure-facts.js';
import { addTokens, NO_TOKENS } from './ledger.js';

export const NO_ROWS: RowCounts = { answered: 0, failed: 0, tokens: NO_TOKENS };

/** One more row has come to its end. */
export function addRow(counts: RowCounts, state: 'answered' | 'failed', tokens: Tokens): RowCounts {
  return { ...counts, [state]: counts[state] + 1, tokens: addTokens(counts.tokens, tokens) };
}

/** The rows of several chunks. */
export function sumCounts(a: RowCounts, b: RowCounts): RowCounts {
  return { answered: a.answered + b.answered, failed: a.failed + b.failed, tokens: addTokens(a.tokens, b.tokens) };
}
