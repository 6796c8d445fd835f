import type { ErrorKind } from '../errors/error-kinds.js';
import type { Tokens } from '../errors/failure-facts.js';

/** What became of an attempt. A `note` is an entry without an attempt. */
export type AttemptOutcome = 'answered' | 'failed' | 'lost' | 'interrupted' | 'note';

/** What follows an attempt, and why. */
export interface NextStep {
  readonly action: 'retry' | 'standby' | 'give up';
  readonly reason: string;
  /** The wait before the next attempt, in milliseconds. */
  readonly waitMs?: number;
  /** When the wait ends, ISO 8601. */
  readonly until?: string;
}

/** One attempt of a call. Fields that do not apply are left out, to be short in the Temporal UI. */
export interface LedgerEntry {
  /** One-based within the group. */
  readonly attempt?: number;
  readonly group: string;
  readonly deployment?: string;
  /** The provider's name for the model. */
  readonly model?: string;
  /** Who was asked. */
  readonly provider?: string;
  /** Where, without a query. */
  readonly url?: string;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly durationMs?: number;
  readonly outcome: AttemptOutcome;
  readonly kind?: ErrorKind;
  readonly status?: number;
  /** The provider's own id of the request. */
  readonly requestId?: string;
  /** Redacted, at most 300 characters. */
  readonly message?: string;
  readonly tokens?: Tokens;
  readonly next?: NextStep;
}

/** All attempts of a call, or of one group of it. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** What was folded out of the middle of a long ledger. */
  readonly folded?: FoldedEntries;
}

interface FoldedEntries {
  /** How many entries there were. They stood after the first hundred. */
  readonly count: number;
  /** How many of each error kind, or of each outcome where there was no kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly tokens: Tokens;
}

/** Beyond this many entries the middle ones are folded into counts. */
export const MAX_LEDGER_ENTRIES = 200;

export const EMPTY_LEDGER: Ledger = { entries: [] };

/** Whether a value from a payload is a ledger. */
export function isLedger(value: unknown): value is Ledger {
  const isObject = (each: unknown) => typeof each === 'object' && each !== null;
  return isObject(value) && Array.isArray((value as Ledger).entries) && (value as Ledger).entries.every(isObject);
}

export function appendEntry(ledger: Ledger, entry: LedgerEntry): Ledger {
  return fold({ ...ledger, entries: [...ledger.entries, entry] });
}

/** Entries that were kept beside a ledger come to their places in it, by time. */
export function mergeEntries(ledger: Ledger, kept: readonly LedgerEntry[]): Ledger {
  if (kept.length === 0) return ledger;
  const byTime = (a: LedgerEntry, b: LedgerEntry) => Date.parse(a.startedAt) - Date.parse(b.startedAt);
  return fold({ ...ledger, entries: [...ledger.entries, ...kept].toSorted(byTime) });
}

/** The ledger of a call from those of its groups, in order. */
export function joinLedgers(first: Ledger, second: Ledger): Ledger {
  const entries = [...first.entries, ...second.entries];
  const folded = [first.folded, second.folded].filter((part) => part !== undefined).reduce(addFolded, NOTHING_FOLDED);
  return fold(folded.count === 0 ? { entries } : { entries, folded });
}

export const NO_TOKENS: Tokens = { prompt: 0, completion: 0, total: 0 };
const NOTHING_FOLDED: FoldedEntries = { count: 0, kinds: {}, tokens: NO_TOKENS };

function fold({ entries, folded }: Ledger): Ledger {
  const excess = entries.length - MAX_LEDGER_ENTRIES;
  if (excess <= 0) return folded === undefined ? { entries } : { entries, folded };
  const keep = MAX_LEDGER_ENTRIES / 2;
  const middle = entries.slice(keep, keep + excess).map(foldedEntry);
  return {
    entries: [...entries.slice(0, keep), ...entries.slice(keep + excess)],
    folded: middle.reduce(addFolded, folded ?? NOTHING_FOLDED),
  };
}

function foldedEntry({ kind, outcome, tokens }: LedgerEntry): FoldedEntries {
  return { count: 1, kinds: { [kind ?? outcome]: 1 }, tokens: tokens ?? NO_TOKENS };
}

function addFolded(a: FoldedEntries, b: FoldedEntries): FoldedEntries {
  const kinds = { ...a.kinds };
  for (const [kind, count] of Object.entries(b.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  return { count: a.count + b.count, kinds, tokens: addTokens(a.tokens, b.tokens) };
}

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return { prompt: a.prompt + b.prompt, completion: a.completion + b.completion, total: a.total + b.total };
}

/** How many entries a ledger has had so far, the folded ones included. */
export function entryCount({ entries, folded }: Ledger): number {
  return entries.length + (folded?.count ?? 0);
}

/** The entries that came after the first so many, as far as they are not folded away. */
export function entriesAfter(ledger: Ledger, count: number): readonly LedgerEntry[] {
  const added = entryCount(ledger) - count;
  return added <= 0 ? [] : ledger.entries.slice(-added);
}

/** Tokens of all attempts, failed ones included where the provider told. */
export function totalTokens({ entries, folded }: Ledger): Tokens {
  return entries.reduce((sum, { tokens }) => addTokens(sum, tokens ?? NO_TOKENS), folded?.tokens ?? NO_TOKENS);
}
