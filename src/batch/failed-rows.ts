import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { Storage } from '../storage/index.js';
import { bestRecords, readPartFiles, readRecordLine } from './parts.js';

/** A row that failed, as `errors.jsonl` has it. */
interface FailedRow {
  /** Null where it could not be read. */
  readonly customId: string | null;
  readonly message: string;
}

/** The rows that failed with an error of one kind. */
export interface FailedKind {
  readonly kind: ErrorKind;
  readonly rows: number;
  readonly first: readonly FailedRow[];
}

interface FailedRowsOptions {
  readonly storage: Storage;
  /** The batch's own folder. */
  readonly folder: string;
  readonly chunks: number;
  /** So many rows of each kind are named. */
  readonly named: number;
}

/**
 * What failed so far, the most frequent kind first. Only what is named is read.
 * @throws StorageError
 */
export async function readFailedRows({ storage, folder, chunks, named }: FailedRowsOptions): Promise<FailedKind[]> {
  const kinds = new Map<ErrorKind, { rows: number; first: FailedRow[] }>();
  for (let chunk = 0; chunk < chunks; chunk++) {
    const records = bestRecords(await readPartFiles({ storage, folder, chunk }));
    for (const record of [...records.values()].toSorted((a, b) => a.facts.row - b.facts.row)) {
      const { state, kind } = record.facts;
      if (state !== 'failed' || kind === undefined) continue;
      const found = kinds.get(kind) ?? { rows: 0, first: [] };
      kinds.set(kind, found);
      found.rows += 1;
      if (found.first.length < named) found.first.push(failedRowOf(await readRecordLine(storage, record)));
    }
  }
  return [...kinds].map(([kind, found]) => ({ kind, ...found })).toSorted((a, b) => b.rows - a.rows);
}

function failedRowOf(line: string): FailedRow {
  const row = JSON.parse(line) as {
    readonly custom_id: string | null;
    readonly error: { readonly message: string } | null;
  };
  return { customId: row.custom_id, message: row.error?.message ?? '' };
}
