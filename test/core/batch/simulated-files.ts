import { NO_ROWS, addRow } from '../../../src/core/batch/batch-counts.js';
import {
  NAMES_AT_ONCE,
  type BatchMode,
  type ChunkResult,
  type NamedRow,
  type RunChunkInput,
} from '../../../src/core/batch/batch.js';

export const ROW_TOKENS = 10;
export const TOKENS = { prompt: 3, completion: 7, total: ROW_TOKENS };

export interface SimulatedFilesOptions {
  readonly rows: number;
  readonly chunkRows: number;
  readonly mode: BatchMode;
  readonly groups: readonly string[];
}

/** Part files, in memory: what is written of each row. */
export class SimulatedFiles {
  readonly written = new Map<number, 'attempted' | 'answered' | 'failed'>();
  /** How often each row was answered. */
  readonly answers = new Map<number, number>();
  tokens = 0;
  looks = 0;
  private readonly options: SimulatedFilesOptions;

  constructor(options: SimulatedFilesOptions) {
    this.options = options;
  }

  /** What a look at a chunk tells. */
  read({ chunk, known, groupNames }: Pick<RunChunkInput, 'chunk' | 'known' | 'groupNames'>): ChunkResult {
    this.looks += 1;
    const isPacked = this.options.mode === 'packed';
    const rows = this.rowsOf(chunk);
    let counts = NO_ROWS;
    for (const row of rows) {
      const state = this.written.get(row);
      if (state === 'answered') counts = addRow(counts, { state, tokens: TOKENS });
      if (state === 'failed') counts = addRow(counts, { state, kind: 'Timeout', tokens: NO_ROWS.tokens });
    }
    const open = rows.filter((row) => !this.hasEnd(row) && !known.includes(row));
    const waiting = isPacked ? open.filter((row) => this.written.has(row)) : open;
    const groupOf = (row: number) => this.named(row).group;
    const inGroup = new Map<string, number>();
    const named = waiting
      .map((row) => this.named(row))
      .filter(({ group }) => {
        const before = inGroup.get(group) ?? 0;
        inGroup.set(group, before + 1);
        return before < (groupNames[group] ?? Infinity);
      });
    return {
      counts,
      fresh: open.length - waiting.length,
      waiting: waiting.length,
      waitingIn: Object.keys(groupNames).map((group) => waiting.filter((row) => groupOf(row) === group).length),
      named: named.slice(0, NAMES_AT_ONCE),
      ended: known.filter((row) => this.hasEnd(row)),
    };
  }

  answer(row: number): void {
    this.written.set(row, 'answered');
    this.answers.set(row, (this.answers.get(row) ?? 0) + 1);
    this.tokens += ROW_TOKENS;
  }

  hasEnd(row: number): boolean {
    return this.written.has(row) && this.written.get(row) !== 'attempted';
  }

  tokensOf(chunk: number): number {
    return ROW_TOKENS * this.rowsOf(chunk).filter((row) => this.written.get(row) === 'answered').length;
  }

  rowsOf(chunk: number): number[] {
    const { chunkRows, rows } = this.options;
    const first = chunk * chunkRows;
    return Array.from({ length: Math.min(chunkRows, rows - first) }, (_, at) => first + at);
  }

  private named(row: number): NamedRow {
    const { groups, chunkRows } = this.options;
    const chunk = Math.floor(row / chunkRows);
    const group = groups[row % groups.length] ?? 'any';
    return { row, chunk, byteStart: row, byteLength: 1, digest: '', customId: `row-${row}`, group, attempt: null };
  }
}
