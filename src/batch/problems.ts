import { Readable } from 'node:stream';
import { jsonLine } from '../core/common/json-line.js';
import type { Storage } from '../storage/index.js';

/** What is wrong with a row: a line of `problems.jsonl`. */
export interface RowProblem {
  /** One-based, blank lines counted. */
  readonly line: number;
  /** Null where it could not be read. */
  readonly custom_id: string | null;
  readonly problem: string;
}

const MAX_LISTED = 1000;

/** Counts all problems, and keeps the first ones. */
export class Problems {
  private readonly listed: RowProblem[] = [];
  count = 0;

  add(problem: RowProblem): void {
    this.count += 1;
    if (!this.isFull) this.listed.push(problem);
  }

  /** Whether the next one would only be counted. */
  get isFull(): boolean {
    return this.listed.length === MAX_LISTED;
  }

  write(storage: Storage, location: string): Promise<void> {
    return storage.write(location, Readable.from(this.listed.map((problem) => `${jsonLine(problem)}\n`)));
  }
}
