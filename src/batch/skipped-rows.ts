import type { Storage } from '../storage/index.js';
import type { ChunkTable } from './chunk-table.js';
import { openPart } from './parts.js';
import type { InvalidRow } from './problems.js';
import { failedRecord, type RecordContext } from './row-record.js';

interface SkippedOptions {
  readonly storage: Storage;
  /** The batch's own folder. */
  readonly folder: string;
  readonly chunks: ChunkTable;
  readonly context: RecordContext;
}

/**
 * Writes down that rows have failed which cannot be run: their chunks find their ends there, and run the others.
 * @throws StorageError
 */
export async function failSkipped(
  invalid: readonly InvalidRow[],
  { storage, folder, chunks, context }: SkippedOptions,
): Promise<void> {
  for (const [chunk, rows] of Map.groupBy(invalid, ({ row }) => chunks.numberOf(row) ?? 0)) {
    const part = await openPart({ storage, folder, chunk, writer: `skipped-${context.round}` });
    try {
      await Promise.all(rows.map((row) => part.append(skippedRecord(row, context))));
    } finally {
      await part.close();
    }
  }
}

function skippedRecord({ row, line, custom_id: customId, problem }: InvalidRow, context: RecordContext) {
  const failure = { kind: 'BadRequestError', status: 400, message: `line ${line}: ${problem}`, report: null } as const;
  return failedRecord({ row, customId }, failure, context);
}
