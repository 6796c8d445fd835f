import { Readable } from 'node:stream';
import type { InputIndex } from '../core/batch/batch.js';
import { isEncryptedText } from '../encryption/encrypted-text.js';
import { shownLocation, type Storage } from '../storage/index.js';
import { inFolder, inOutput } from './folder.js';
import { joined } from './joined.js';
import { readSummary } from './read-batch-files.js';
import { OutputFile } from './output-file.js';
import { PagePool, type HeldBytes } from './page-pool.js';
import type { FoundRecord, PartFile } from './part-file.js';
import { bestRecords, decryptedLine, readPartFiles, recordsOfRounds } from './parts.js';
import { readAhead } from './read-ahead.js';
import { readBytes } from './read-bytes.js';
import { SummaryBuilder, type BatchSummary } from './summary.js';

export interface AssembleOptions {
  readonly storage: Storage;
  /** Where the parts are. */
  readonly folder: string;
  /** Gets `output.jsonl`, `errors.jsonl` and `summary.json`. */
  readonly out: string;
  readonly index: Pick<InputIndex, 'rows' | 'chunks'>;
  /** Whether the output is encrypted, where the storage has keys. @default it is for whoever reads the files */
  readonly encryptsOutput?: boolean | undefined;
  /** Writes what is there. Otherwise a row without an end is an error. */
  readonly partial: boolean;
  /** Called after each chunk with the number of chunks that are done. */
  readonly onProgress?: ((chunks: number) => void) | undefined;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** So many chunks are read at once, and of all of them so many bytes are held. */
const CHUNKS_AT_ONCE = 4;
const HELD_BYTES = 16 * 1024 * 1024;

const LINE_FEED = Buffer.from('\n');

/**
 * Writes the output: rows in the order of the input, each file whole or not at all, the summary last. May be done again
 * at any time. After `discardParts` the output stays as it is.
 * @throws Error when a row has no end, unless `partial`
 * @throws StorageError
 */
export async function assembleOutput(options: AssembleOptions): Promise<BatchSummary> {
  const { storage, folder, out } = options;
  const keys = options.encryptsOutput === true ? storage.keys : undefined;
  const known = await readSummary(storage, folder);
  if (known !== null) return known;
  const files = {
    answered: new OutputFile(storage, inOutput.answered(out), keys),
    failed: new OutputFile(storage, inOutput.failed(out), keys),
  };
  try {
    const summary = await writeRows(options, files);
    await files.answered.close();
    await files.failed.close();
    await writeSummary(storage, inOutput.summary(out), summary);
    return summary;
  } catch (error) {
    await Promise.all([files.answered.abandon(), files.failed.abandon()]);
    throw error;
  }
}

/** Removes the parts, which the output stands for from now on; to be called when every row was answered. */
export async function discardParts({
  storage,
  folder,
  summary,
}: {
  readonly storage: Storage;
  readonly folder: string;
  readonly summary: BatchSummary;
}): Promise<void> {
  await writeSummary(storage, inFolder.summary(folder), summary);
  await storage.remove(inFolder.parts(folder));
}

function writeSummary(storage: Storage, location: string, summary: BatchSummary): Promise<void> {
  return storage.write(location, Readable.from([`${JSON.stringify(summary, null, 2)}\n`]));
}

type OutputFiles = Readonly<Record<'answered' | 'failed', OutputFile>>;

async function writeRows(options: AssembleOptions, files: OutputFiles): Promise<BatchSummary> {
  const { storage, folder, index, partial, onProgress, signal } = options;
  const builder = new SummaryBuilder();
  const pool = new PagePool(HELD_BYTES);
  const read = (chunk: number): Promise<readonly PartFile[]> => readPartFiles({ storage, folder, chunk }, pool);
  let chunk = 0;
  for await (const parts of readAhead(index.chunks, CHUNKS_AT_ONCE, read)) {
    signal?.throwIfAborted();
    const held = new Map(parts.map((part) => [part.location, part.held]));
    for (const record of inOrder(bestRecords(parts))) {
      const { state } = record.facts;
      builder.addRow(record.facts);
      if (state === 'attempted') continue;
      for (const piece of await linePieces(storage, record, held.get(record.location))) await files[state].add(piece);
    }
    for (const { facts } of recordsOfRounds(parts)) builder.addWork(facts);
    for (const part of parts) part.held?.release();
    chunk += 1;
    onProgress?.(chunk);
  }
  const summary = builder.summary(index.rows);
  if (summary.notRun > 0 && !partial) {
    throw new Error(`${summary.notRun} of ${summary.rows} rows of the batch have no end in ${shownLocation(folder)}`);
  }
  return summary;
}

function inOrder(records: ReadonlyMap<number, FoundRecord>): FoundRecord[] {
  return [...records.values()].toSorted((a, b) => a.facts.row - b.facts.row);
}

/** The line with its line feed; what has to be decrypted as a whole. */
async function linePieces(
  storage: Storage,
  { location, byteStart, byteLength }: FoundRecord,
  held: HeldBytes | null | undefined,
): Promise<readonly Buffer[]> {
  const end = byteStart + byteLength + 1;
  const pieces = held?.pieces(byteStart, end) ?? [await readBytes(storage, location, { start: byteStart, end })];
  if (!isEncryptedText(pieces)) return pieces;
  return [await decryptedLine(storage, location, joined(pieces)), LINE_FEED];
}
