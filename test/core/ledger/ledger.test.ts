import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addTokens,
  entriesAfter,
  entryCount,
  appendEntry,
  EMPTY_LEDGER,
  joinLedgers,
  MAX_LEDGER_ENTRIES,
  mergeEntries,
  totalTokens,
  type Ledger,
  type LedgerEntry,
} from '../../../src/core/ledger/ledger.js';
import type { Tokens } from '../../../src/core/errors/failure-facts.js';
import { isoTime } from '../../../src/core/common/iso-time.js';
import { NOW_MS } from '../build.js';

function entry(attempt: number, set: Partial<LedgerEntry> = {}): LedgerEntry {
  return { attempt, group: 'a', startedAt: isoTime(NOW_MS), outcome: 'failed', ...set };
}

function ledgerOf(entries: readonly LedgerEntry[]): Ledger {
  return entries.reduce(appendEntry, EMPTY_LEDGER);
}

function numbered(count: number, set: Partial<LedgerEntry> = {}): LedgerEntry[] {
  return Array.from({ length: count }, (_, index) => entry(index + 1, set));
}

const NO_TOKENS: Tokens = { prompt: 0, completion: 0, total: 0 };

test('200 entries are kept as they are', () => {
  const entries = numbered(MAX_LEDGER_ENTRIES);
  expect(ledgerOf(entries)).toEqual({ entries });
});

test('beyond that the first and the last hundred are kept, and the middle is folded into counts per kind', () => {
  const tokens = { prompt: 3, completion: 1, total: 4 };
  const entries = [
    ...numbered(100),
    entry(101, { kind: 'RateLimitError', tokens }),
    entry(102, { kind: 'RateLimitError' }),
    entry(103, { outcome: 'lost', tokens }),
    ...numbered(100),
  ];
  expect(ledgerOf(entries)).toEqual({
    entries: [...entries.slice(0, 100), ...entries.slice(103)],
    folded: { count: 3, kinds: { RateLimitError: 2, lost: 1 }, tokens: { prompt: 6, completion: 2, total: 8 } },
  });
});

test('the ledgers of two groups are joined in order', () => {
  const [first, second] = [numbered(2), numbered(3, { group: 'b' })];
  expect(joinLedgers(ledgerOf(first), ledgerOf(second))).toEqual({ entries: [...first, ...second] });
});

test('a folded ledger and an empty one make the same ledger, in either order', () => {
  const long = ledgerOf(numbered(250));
  expect([joinLedgers(long, EMPTY_LEDGER), joinLedgers(EMPTY_LEDGER, long)]).toEqual([long, long]);
});

test('two long ledgers are folded into one', () => {
  const first = ledgerOf(numbered(250, { kind: 'Timeout' }));
  const second = ledgerOf(numbered(230, { group: 'b', kind: 'RateLimitError' }));
  const joined = joinLedgers(first, second);
  expect(joined.entries).toEqual([...first.entries.slice(0, 100), ...second.entries.slice(100)]);
  expect(joined.folded).toEqual({ count: 280, kinds: { Timeout: 150, RateLimitError: 130 }, tokens: NO_TOKENS });
});

const anyTokens: fc.Arbitrary<Tokens> = fc.record({ prompt: fc.nat(99), completion: fc.nat(99), total: fc.nat(99) });
const anyEntry = fc
  .record(
    {
      outcome: fc.constantFrom('answered', 'failed', 'lost', 'interrupted', 'note'),
      kind: fc.constantFrom('RateLimitError', 'Timeout'),
      tokens: anyTokens,
    },
    { requiredKeys: ['outcome'] },
  )
  .map((set) => entry(1, set));
const anyEntries = fc.array(anyEntry, { maxLength: 450, size: 'max' });

test('folding keeps the number of entries, the counts per kind and the tokens, however they come together', () => {
  fc.assert(
    fc.property(anyEntries, anyEntries, (first, second) => {
      const joined = joinLedgers(ledgerOf(first), ledgerOf(second));
      const all = [...first, ...second];
      expect(joined.entries.length).toBe(Math.min(all.length, MAX_LEDGER_ENTRIES));
      expect(entryCount(joined)).toBe(all.length);
      expect(counts(joined)).toEqual(counts({ entries: all }));
      expect(totalTokens(joined)).toEqual(
        all.reduce((sum, { tokens }) => addTokens(sum, tokens ?? NO_TOKENS), NO_TOKENS),
      );
    }),
    { numRuns: 30 },
  );
});

test('a ledger that grows: what came after the first entries, as far as it is not folded away', () => {
  const all = numbered(300);
  const short = ledgerOf(all.slice(0, 3));
  expect(entriesAfter(short, 0)).toEqual(all.slice(0, 3));
  expect(entriesAfter(short, 2)).toEqual(all.slice(2, 3));
  expect(entriesAfter(short, 3)).toEqual([]);
  expect(entriesAfter(short, 9)).toEqual([]);
  expect(entriesAfter(ledgerOf(all), 250)).toEqual(all.slice(250));
  expect(entriesAfter(ledgerOf(all), 0)).toHaveLength(MAX_LEDGER_ENTRIES);
});

/** How many there are of each kind, or of each outcome without one. */
function counts({ entries, folded }: Ledger): Record<string, number> {
  const all: Record<string, number> = { ...folded?.kinds };
  for (const { kind, outcome } of entries) all[kind ?? outcome] = (all[kind ?? outcome] ?? 0) + 1;
  return all;
}

test('entries that were kept beside a ledger come to their places by time', () => {
  const at = (second: number, message: string): LedgerEntry => ({
    group: 'a',
    outcome: 'note',
    startedAt: `2026-01-01T00:00:0${second}.000Z`,
    message,
  });
  const ledger = { entries: [at(1, 'one'), at(3, 'three')] };
  const merged = mergeEntries(ledger, [at(2, 'two'), at(4, 'four')]);
  expect(merged.entries.map(({ message }) => message)).toEqual(['one', 'two', 'three', 'four']);
  expect(mergeEntries(ledger, [])).toBe(ledger);
});
