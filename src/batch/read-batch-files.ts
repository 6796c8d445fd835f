import type { InputIndex } from '../core/batch/batch.js';
import type { Storage } from '../storage/index.js';
import { CHUNK_RECORD_BYTES, readChunkRecord } from './chunk-table.js';
import { inFolder, inOutput } from './folder.js';
import type { RowProblem } from './problems.js';
import { readBytes, readText } from './read-bytes.js';
import type { BatchSummary } from './summary.js';

/** Where a batch's files are. */
interface FolderOptions {
  readonly storage: Storage;
  /** The batch's own folder. */
  readonly folder: string;
}

/**
 * How much there is to put together, as the check of the input left it; null before that.
 * @throws StorageError
 */
export async function readIndex({
  storage,
  folder,
}: FolderOptions): Promise<Pick<InputIndex, 'rows' | 'chunks'> | null> {
  const location = inFolder.index(folder);
  const size = await storage.size(location);
  if (size === null) return null;
  if (size === 0) return { rows: 0, chunks: 0 };
  const last = await readBytes(storage, location, { start: size - CHUNK_RECORD_BYTES, end: size });
  const { firstRow, rows } = readChunkRecord(last);
  return { rows: firstRow + rows, chunks: size / CHUNK_RECORD_BYTES };
}

/**
 * The rows that cannot be run, the first 1,000 of them.
 * @throws StorageError
 */
export async function readProblems({ storage, folder }: FolderOptions): Promise<readonly RowProblem[]> {
  const text = (await readText(storage, inFolder.problems(folder))) ?? '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RowProblem);
}

/**
 * What became of the rows when the output was last put together; null before that.
 * @param out - the folder of the output
 * @throws StorageError
 */
export async function readSummary(storage: Storage, out: string): Promise<BatchSummary | null> {
  const text = await readText(storage, inOutput.summary(out));
  return text === null ? null : (JSON.parse(text) as BatchSummary);
}
