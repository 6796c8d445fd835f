import { addRow, NO_ROWS, sumCounts } from '../../core/batch/batch-counts.js';
import type { ChunkResult, OpenChunk, RemainingRow, RowCounts, RowEnd } from '../../core/batch/batch.js';
import type { RowRef } from '../../core/call/row-source.js';

interface OpenEntry {
  counts: RowCounts;
  /** Rows without an end. */
  readonly remaining: Set<number>;
  /** Rows whose own calls have ended in this run of the batch. */
  readonly ended: Map<number, RowEnd>;
  /** Whether all its rows are in `remaining` or have ended. */
  complete: boolean;
}

/** Which rows of a batch have come to their end, each counted once, and which have not. */
export class RowTally {
  private closed: RowCounts;
  private readonly open = new Map<number, OpenEntry>();

  constructor(closed: RowCounts = NO_ROWS, open: readonly OpenChunk[] = []) {
    this.closed = closed;
    for (const { chunk, counts, running, again } of open) {
      const remaining = new Set(running.map(({ row }) => row));
      this.open.set(chunk, { counts, remaining, ended: new Map(), complete: !again });
    }
  }

  get counts(): RowCounts {
    return [...this.open.values()].reduce((sum, { counts }) => sumCounts(sum, counts), this.closed);
  }

  /** What of a chunk is in `counts`. */
  countsOf(chunk: number): RowCounts {
    return this.open.get(chunk)?.counts ?? NO_ROWS;
  }

  /** Rows of chunks that are through. */
  get closedCounts(): RowCounts {
    return this.closed;
  }

  get isEmpty(): boolean {
    return this.open.size === 0;
  }

  begin(chunk: number): void {
    const known = this.open.get(chunk);
    if (known !== undefined) known.complete = false;
    else this.open.set(chunk, { counts: NO_ROWS, remaining: new Set(), ended: new Map(), complete: false });
  }

  /** A chunk told where its rows stand. Returns those that need a call of their own; some may have one already. */
  ran(chunk: number, { counts, remaining, stopped }: ChunkResult): readonly RemainingRow[] {
    const entry = this.entry(chunk);
    entry.counts = counts;
    entry.complete = !stopped;
    entry.remaining.clear();
    const left = remaining.filter(({ row }) => {
      const end = entry.ended.get(row);
      // It ended after the chunk had read what was written of it.
      if (end !== undefined) count(entry, end);
      return end === undefined;
    });
    for (const { row } of left) entry.remaining.add(row);
    this.closeIfThrough(chunk, entry);
    return left;
  }

  /** The call of a row ended. */
  rowEnded(end: RowEnd): void {
    const entry = this.entry(end.chunk);
    entry.ended.set(end.row, end);
    if (entry.remaining.delete(end.row)) count(entry, end);
    this.closeIfThrough(end.chunk, entry);
  }

  /** What the next run of the batch must know. `hasMore`: whether a chunk has rows without a call. */
  carry(running: readonly RowRef[], hasMore: (chunk: number) => boolean): OpenChunk[] {
    return [...this.open].map(([chunk, { counts, complete }]) => ({
      chunk,
      counts,
      running: running.filter((place) => place.chunk === chunk),
      again: !complete || hasMore(chunk),
    }));
  }

  private entry(chunk: number): OpenEntry {
    const entry = this.open.get(chunk);
    if (entry === undefined) throw new Error(`chunk ${chunk} was not begun`);
    return entry;
  }

  private closeIfThrough(chunk: number, { counts, remaining, complete }: OpenEntry): void {
    if (!complete || remaining.size > 0) return;
    this.open.delete(chunk);
    this.closed = sumCounts(this.closed, counts);
  }
}

function count(entry: OpenEntry, end: RowEnd): void {
  if (end.state !== 'stopped') entry.counts = addRow(entry.counts, end);
}
