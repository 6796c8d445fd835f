import type { CallReport } from '../../src/core/call/call-types.js';
import type { LedgerEntry } from '../../src/core/ledger/ledger.js';
import type { RowFacts, RowRecord, RowState } from '../../src/batch/index.js';
import { NOW_MS } from '../core/build.js';

/** A report of a call with these attempts. */
export function report(entries: readonly LedgerEntry[], set: Partial<CallReport> = {}): CallReport {
  return {
    ledger: { entries },
    configHash: 'hash',
    group: 'fast',
    deployment: 'fast-1',
    model: 'fast-model',
    attempts: entries.length,
    retries: 0,
    fallbacks: 0,
    groupRetries: 0,
    groupMaxRetries: null,
    tokens: { prompt: 10, completion: 20, total: 30 },
    ...set,
  };
}

/** The nth attempt of a call: it began n - 1 seconds after noon and took 200 ms. */
export function attempt(number: number, set: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    attempt: number,
    group: 'fast',
    deployment: 'fast-1',
    startedAt: new Date(NOW_MS + (number - 1) * 1000).toISOString(),
    durationMs: 200,
    outcome: 'answered',
    ...set,
  };
}

/** A record whose line is a text as JSON, so that it is seen which one was taken. */
export function shortRecord(row: number, state: RowState, text: string, set: Partial<RowFacts> = {}): RowRecord {
  const tokens = { prompt: 1, completion: 1, total: 2 };
  const facts = { row, state, round: 1, tokens, attempts: 1, retries: 0, fallbacks: 0, ...set };
  return { facts, line: JSON.stringify(text) };
}
