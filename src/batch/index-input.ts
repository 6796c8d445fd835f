import { Readable } from 'node:stream';
import { MAX_SKIPPED_ROWS, type InputIndex } from '../core/batch/batch.js';
import { encryptFile } from '../encryption/encrypted-file.js';
import { shownLocation, type Storage } from '../storage/index.js';
import { isEmpty } from './claim.js';
import { EarlierRows } from './earlier-rows.js';
import { inFolder } from './folder.js';
import { InputChangedError, InputError } from './input-errors.js';
import { FORM_BYTES, formProblem } from './input-form.js';
import { InputScan, type InputScanOptions, type Lookalike } from './input-scan.js';
import { lineBlocks } from './lines.js';
import type { RecordContext } from './row-record.js';
import { failSkipped } from './skipped-rows.js';
import { readBytes } from './read-bytes.js';
import { unpack } from './unpack.js';

/** How far the check of an input has come. */
export interface IndexProgress {
  readonly bytes: number;
  readonly rows: number;
  readonly problems: number;
}

export interface IndexInputOptions extends Omit<InputScanOptions, 'maxProblems'> {
  readonly storage: Storage;
  /** A JSONL file in the form of OpenAI's Batch API, or one packed by gzip. */
  readonly input: string;
  /** Gets `index.bin`, `problems.jsonl` and, for a packed input, `input.jsonl`. */
  readonly folder: string;
  /** How large a packed input may be, unpacked. @default any size that its packed size explains */
  readonly maxUnpackedBytes?: number | undefined;
  /** Rows that cannot be run have failed, and that is written down under these names. @default they are only listed */
  readonly skipped?: RecordContext | undefined;
  /** Whether what is listed of rows that cannot be run is encrypted, where the storage has keys. @default false */
  readonly encryptsOutput?: boolean | undefined;
  /** Called after each block that was read. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads an input once, checks every row, and writes down where each chunk is. Holds no more of it than a line, and 12 to
 * 36 bytes a row to find ids that stand there twice.
 * @throws InputError when it has no rows, or is packed and damaged
 * @throws InputChangedError when the folder has results of another input, or of other chunks
 * @throws StorageError
 */
export async function indexInput(options: IndexInputOptions): Promise<InputIndex> {
  const { storage, folder, chunkRows, skipped, encryptsOutput = false, onProgress, signal } = options;
  const scan = new InputScan({ ...options, ...(skipped && { maxProblems: MAX_SKIPPED_ROWS }) });
  const onBlock = (bytes: number): void => {
    signal?.throwIfAborted();
    onProgress?.({ bytes, rows: scan.rows, problems: scan.problems.count });
  };
  const input = await unpack({ ...options, onBytes: onBlock });
  const problem = formProblem(await readBytes(storage, input, { start: 0, end: FORM_BYTES }));
  if (problem !== null && skipped !== undefined) throw new InputError(options.input, problem);
  if (problem !== null) scan.refuse(problem);
  const earlier = new EarlierRows(storage, input);
  const blocks = seen(await storage.read(input), (block) => scan.takeBytes(block));
  for await (const lines of lineBlocks(blocks)) {
    for (const line of lines) {
      const lookalike = scan.takeLine(line);
      if (lookalike !== null) scan.settle(lookalike, await lineWithSameId(lookalike, scan, earlier));
    }
    onBlock(scan.bytes);
  }
  const found = scan.end();
  await refuseOtherInput(options, scan.chunks.bytes());
  await scan.problems.write(storage, inFolder.problems(folder), encryptsOutput ? storage.keys : undefined);
  if (found.rows === 0) throw new InputError(options.input, 'has no rows; put a request on each line, as JSON');
  // Last of what the check finds: who finds the index finds everything.
  await storage.write(inFolder.index(folder), encryptFile(storage.keys, Readable.from([scan.chunks.bytes()])));
  // After it, so that no other input can come under what is written of these rows.
  if (skipped !== undefined && found.problems <= MAX_SKIPPED_ROWS) {
    await failSkipped(scan.problems.kept, { storage, folder, chunks: scan.chunks, context: skipped });
  }
  return { input, chunkRows, ...found };
}

/** Results are found by chunk and row: under another index they would be taken for those of other rows. */
async function refuseOtherInput({ storage, input, folder }: IndexInputOptions, index: Buffer): Promise<void> {
  const known = inFolder.index(folder);
  if ((await storage.size(known)) === null || (await readBytes(storage, known)).equals(index)) return;
  if (!(await hasResults(storage, folder))) return;
  const folderName = shownLocation(folder);
  throw new InputChangedError(
    input,
    `${folderName} has results of an input that was not the same, or had chunks of another size; ` +
      'put the file back as it was, or give the batch a folder of its own',
  );
}

async function hasResults(storage: Storage, folder: string): Promise<boolean> {
  if ((await storage.size(inFolder.summary(folder))) !== null) return true;
  return !(await isEmpty(storage, inFolder.parts(folder)));
}

/** The line of an earlier row with the very same id; null: only the hashes are the same. */
async function lineWithSameId(
  { customId, earlier }: Lookalike,
  scan: InputScan,
  earlierRows: EarlierRows,
): Promise<number | null> {
  // Only counted from here on, and nothing will be run: not worth reading half of the input again.
  if (scan.problems.isFull) return 0;
  for (const row of earlier) {
    const found = await earlierRows.find(row, scan.runOf(row));
    if (found?.customId === customId) return found.line;
  }
  return null;
}

async function* seen(blocks: Readable, see: (block: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const block of blocks as AsyncIterable<Buffer>) {
    see(block);
    yield block;
  }
}
