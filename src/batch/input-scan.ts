import { createHash } from 'node:crypto';
import { OPERATIONS } from '../core/common/operations.js';
import type { RawRequest } from '../core/plan/request.js';
import { checkRow, type RowCall } from './check-row.js';
import { ChunkTable } from './chunk-table.js';
import { chunkDigest, rowDigest } from './digest.js';
import type { RowRun } from './earlier-rows.js';
import { estimateTokens } from './estimate-tokens.js';
import { IdTable, type TextHash } from './id-table.js';
import { MAX_LINE_BYTES, rowIn, type Line } from './lines.js';
import { Problems } from './problems.js';

/** A chunk with so many bytes takes no further row, so that a chunk can be held whatever its rows are. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** So many models are told apart, which bounds what is kept of a file that names a model of its own in each row. */
const MAX_GROUPS = 1000;
const OTHER_GROUPS = '*';

export interface InputScanOptions {
  /** Rows in a chunk. */
  readonly chunkRows: number;
  /** Request settings for rows that do not set them. */
  readonly settings: RawRequest;
  /** What else is to be known of a call, that its model exists for instance; null: it is right. */
  readonly check?: ((call: RowCall) => string | null) | undefined;
  /** Tokens of the prompt of a row. @default by its length */
  readonly countTokens?: ((call: RowCall, request: RawRequest) => number) | undefined;
  /** @default a good one */
  readonly hash?: TextHash | undefined;
  /** So many rows that cannot be run are kept. @default as many as are listed */
  readonly maxProblems?: number | undefined;
}

/** A row whose id may be that of earlier rows: somebody has to look. */
export interface Lookalike {
  readonly row: number;
  readonly line: number;
  readonly customId: string;
  readonly earlier: readonly number[];
}

/** What is known of an input, line by line. */
export class InputScan {
  private readonly options: InputScanOptions;
  private readonly ids: IdTable;
  private readonly groupCounts = new Map<string, number>();
  private readonly sha256 = createHash('sha256');
  private tokens = 0;
  private lines = 0;
  private isNoRows = false;
  /** The chunk that has begun. */
  private run: RowRun = { byteStart: 0, byteEnd: 0, firstRow: 0, firstLine: 1 };
  private digest = chunkDigest();
  readonly problems: Problems;
  readonly chunks = new ChunkTable();
  rows = 0;
  bytes = 0;

  constructor(options: InputScanOptions) {
    this.options = options;
    this.ids = new IdTable(options.hash);
    this.problems = new Problems(options.maxProblems);
  }

  /** Takes bytes as they come, in whatever portions. */
  takeBytes(block: Buffer): void {
    this.bytes += block.length;
    this.sha256.update(block);
  }

  /** What comes is no rows, as a whole: this is the one problem of it, and stands for all that it has. */
  refuse(problem: string): void {
    this.isNoRows = true;
    this.rows = 1;
    this.problems.add({ row: 0, line: 1, custom_id: null, problem });
  }

  /** Takes the next line; null: there is nothing to look up. */
  takeLine(line: Line): Lookalike | null {
    this.lines += 1;
    const found = this.isNoRows ? null : rowIn(line);
    if (found === null) return null;
    const row = this.rows;
    if (this.run.firstRow === row) this.run = { ...this.run, byteStart: found.start, firstLine: this.lines };
    const lookalike = found.bytes === null ? this.takeTooLong(line) : this.takeRow(row, found.bytes);
    this.rows += 1;
    this.run = { ...this.run, byteEnd: line.start + line.byteLength };
    if (this.chunkIsFull()) this.endChunk();
    return lookalike;
  }

  /** A lookalike was looked up: the line of the earlier row that has the same id, null: none has. */
  settle({ row, line, customId }: Lookalike, sameAs: number | null): void {
    if (sameAs === null) this.ids.add(customId, row);
    else this.problems.add({ row, line, custom_id: customId, problem: `custom_id: line ${sameAs} has the same` });
  }

  /** Rows among which a row is that was taken. */
  runOf(row: number): RowRun {
    return this.chunks.chunkOf(row) ?? this.run;
  }

  /** After the last line. */
  end() {
    if (this.rows > this.run.firstRow) this.endChunk();
    return {
      rows: this.rows,
      bytes: this.bytes,
      sha256: this.sha256.digest('hex'),
      chunks: this.chunks.length,
      problems: this.problems.count,
      groups: Object.fromEntries(this.groupCounts),
      promptTokens: Math.ceil(this.tokens),
    };
  }

  private takeTooLong({ byteLength }: Line): null {
    this.addProblem(null, `the line has ${byteLength} bytes; at most ${MAX_LINE_BYTES} are read`);
    return null;
  }

  private takeRow(row: number, bytes: Buffer): Lookalike | null {
    this.digest.update(rowDigest(bytes));
    const checked = checkRow(bytes, this.options.settings);
    const { customId } = checked;
    const problem = checked.problem ?? this.options.check?.(checked.call) ?? null;
    if (problem !== null) this.addProblem(customId, problem);
    else if (checked.problem === null) this.count(checked.call, checked.request);
    if (customId === null) return null;
    const earlier = this.ids.rowsLike(customId);
    if (earlier.length === 0) this.ids.add(customId, row);
    // One problem a row is enough.
    return earlier.length === 0 || problem !== null ? null : { row, line: this.lines, customId, earlier };
  }

  private count(call: RowCall, request: RawRequest): void {
    const { operation, model } = call;
    this.tokens += this.options.countTokens?.(call, request) ?? estimateTokens(request[OPERATIONS[operation].prompt]);
    const isKnown = this.groupCounts.has(model) || this.groupCounts.size < MAX_GROUPS;
    const group = isKnown ? model : OTHER_GROUPS;
    this.groupCounts.set(group, (this.groupCounts.get(group) ?? 0) + 1);
  }

  private addProblem(customId: string | null, problem: string): void {
    this.problems.add({ row: this.rows, line: this.lines, custom_id: customId, problem });
  }

  private chunkIsFull(): boolean {
    const { firstRow, byteStart, byteEnd } = this.run;
    return this.rows - firstRow >= this.options.chunkRows || byteEnd - byteStart >= MAX_CHUNK_BYTES;
  }

  private endChunk(): void {
    this.chunks.add({ ...this.run, rows: this.rows - this.run.firstRow, digest: this.digest.digest() });
    this.digest = chunkDigest();
    this.run = { ...this.run, firstRow: this.rows };
  }
}
