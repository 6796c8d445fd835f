import { NO_ROWS, sumCounts } from './batch-counts.js';
import {
  openChunks,
  rowsOf,
  type BatchProgress,
  type ChunkRun,
  type OpenChunk,
  type RowCall,
} from './batch-progress.js';
import type { ChunkResult, NamedRow } from './batch.js';

/** A chunk that nothing is known of. */
export function newChunk(rows: number): OpenChunk {
  return {
    counts: NO_ROWS,
    granted: 0,
    fresh: rows,
    waiting: 0,
    calls: {},
    told: {},
    missed: 0,
    run: null,
  };
}

/** Replaces what is known of a chunk. One that is through is let go. */
export function withChunk(progress: BatchProgress, chunk: number, entry: OpenChunk): BatchProgress {
  if (!isThrough(entry)) return { ...progress, chunks: { ...progress.chunks, [chunk]: entry } };
  const { [chunk]: _through, ...chunks } = progress.chunks;
  return { ...progress, chunks, closed: sumCounts(progress.closed, entry.counts) };
}

function isThrough({ run, fresh, waiting, calls, told }: OpenChunk): boolean {
  const isIdle = run === null && fresh === 0 && waiting === 0;
  return isIdle && Object.keys(calls).length === 0 && Object.keys(told).length === 0;
}

/** Changes all calls; null: the batch forgets one. */
export function withCalls(progress: BatchProgress, change: (call: RowCall) => RowCall | null): BatchProgress {
  const chunks = openChunks(progress).map(([chunk, entry]) => {
    const calls = rowsOf(entry.calls)
      .map(([row, call]) => [row, change(call)] as const)
      .filter(([, call]) => call !== null);
    return [chunk, { ...entry, calls: Object.fromEntries(calls) as OpenChunk['calls'] }] as const;
  });
  return { ...progress, chunks: Object.fromEntries(chunks) };
}

interface ChunkRead {
  readonly read: OpenChunk;
  /** Rows to be started. */
  readonly named: readonly NamedRow[];
  /** A row whose call has ended, and of which nothing is written; null: all were found. */
  readonly missing: number | null;
}

/**
 * What a look at the part files makes of a chunk. What was said of rows is forgotten once their ends are read; what is
 * said of a row whose end was read before adds nothing.
 */
export function chunkRead(entry: OpenChunk, run: ChunkRun, result: ChunkResult): ChunkRead {
  const { counts, fresh, named, waiting, waitingIn } = result;
  const ended = new Set(result.ended);
  const mustBeThere = new Set(run.unread);
  const unread = rowsOf(entry.told).filter(([row]) => !ended.has(row));
  // Of these nothing is written, nor has to be: they are run again.
  const isLost = ([row, { state, isFound }]: (typeof unread)[number]) =>
    (state === 'gone' || isFound) && mustBeThere.has(row);
  const kept = unread.filter((end) => !isLost(end));
  const lost = unread.length - kept.length;
  const missing = kept.find(([row]) => mustBeThere.has(row))?.[0] ?? null;
  const calls = rowsOf(entry.calls).map(
    ([row, call]) => [row, ended.has(row) ? { ...call, isCounted: true } : call] as const,
  );
  const read: OpenChunk = {
    counts,
    granted: 0,
    fresh,
    waiting: waiting + lost,
    ...(waitingIn && { waitingIn }),
    calls: Object.fromEntries(calls),
    told: Object.fromEntries(kept),
    missed: missing === null ? 0 : entry.missed + 1,
    run: null,
  };
  return { read, named, missing };
}
