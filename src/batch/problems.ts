import { Readable } from 'node:stream';
import { jsonLine } from '../core/common/json-line.js';
import { encryptFile } from '../encryption/encrypted-file.js';
import type { KeyRing } from '../encryption/key-ring.js';
import type { Storage } from '../storage/index.js';

/** What is wrong with a row: a line of `problems.jsonl`. */
export interface RowProblem {
  /** One-based, blank lines counted. */
  readonly line: number;
  /** Null where it could not be read. */
  readonly custom_id: string | null;
  readonly problem: string;
}

/** A row that cannot be run, and why. */
export interface InvalidRow extends RowProblem {
  /** Zero-based, blank lines not counted. */
  readonly row: number;
}

const MAX_LISTED = 1000;

/** Counts all problems, and keeps the first ones. */
export class Problems {
  readonly kept: InvalidRow[] = [];
  private readonly most: number;
  count = 0;

  /** @param most - so many are kept; of these the first are listed */
  constructor(most: number = MAX_LISTED) {
    this.most = most;
  }

  add(problem: InvalidRow): void {
    this.count += 1;
    if (!this.isFull) this.kept.push(problem);
  }

  /** Whether the next one would only be counted. */
  get isFull(): boolean {
    return this.kept.length === this.most;
  }

  /** @param keys - what it is encrypted with. @default it is for whoever reads the files */
  write(storage: Storage, location: string, keys: KeyRing | undefined): Promise<void> {
    const lines = this.kept.slice(0, MAX_LISTED).map(({ row: _row, ...problem }) => `${jsonLine(problem)}\n`);
    return storage.write(location, encryptFile(keys, Readable.from(lines)));
  }
}
