import type { RecordPlace } from '../core/call/row-source.js';
import { decryptText } from '../encryption/encrypted-text.js';
import { unreadable, type Storage } from '../storage/index.js';
import { inFolder } from './folder.js';
import type { PagePool } from './page-pool.js';
import { partLine, readPartFile, type FoundRecord, type PartFile } from './part-file.js';
import { readBytes } from './read-bytes.js';
import type { RowRecord, RowState } from './row-record.js';

export interface PartOptions {
  readonly storage: Storage;
  readonly folder: string;
  /** Zero-based. */
  readonly chunk: number;
}

/** What one writer writes of a chunk. */
export interface Part {
  /**
   * Resolves when the record outlives the death of this process.
   * @throws StorageError; the record may then be there or not, and may be written again
   */
  append(record: RowRecord): Promise<void>;
  close(): Promise<void>;
}

/** @param writer a name that no other writer has at the same time: letters, digits, `-`, `_`, `.` */
export async function openPart({
  storage,
  folder,
  chunk,
  writer,
}: PartOptions & { readonly writer: string }): Promise<Part> {
  const key = await storage.keys?.current();
  const appender = await storage.appender(inFolder.part(folder, chunk, writer));
  return {
    append: (record) => appender.append(partLine(record, key)),
    close: () => appender.close(),
  };
}

export interface ReadPartsOptions extends PartOptions {
  /** Leaves out what failed, or was attempted, in earlier rounds. @default 1 */
  readonly round?: number | undefined;
}

/**
 * The records of a chunk by row. Of several records of a row one counts: answered, then failed, then attempted; among
 * these that of the latest round; among these the first, and of attempts the one that began last: what its provider asked
 * for holds.
 * @throws StorageError
 */
export async function readParts({ round = 1, ...options }: ReadPartsOptions): Promise<Map<number, FoundRecord>> {
  const files = await readPartFiles(options);
  return bestRecords(files, ({ facts }) => facts.state === 'answered' || facts.round >= round);
}

/** The line of a record. */
export async function readRecordLine(storage: Storage, place: RecordPlace): Promise<string> {
  const { location, byteStart, byteLength } = place;
  const bytes = await readBytes(storage, location, { start: byteStart, end: byteStart + byteLength });
  return String(await decryptedLine(storage, location, bytes));
}

/**
 * A line as it was written; where it was encrypted, without the line feed.
 * @throws StorageError when its key is missing: as long as that is so, it cannot be read
 */
export async function decryptedLine({ keys }: Storage, location: string, line: Buffer): Promise<Buffer> {
  try {
    return await decryptText(keys, line);
  } catch (error) {
    throw unreadable(location, error);
  }
}

/** So many files of a chunk are read at once: where lines cannot be appended, there are many small ones. */
const FILES_AT_ONCE = 8;

/**
 * Everything that was written of a chunk, in an order that is always the same.
 * @param pool - what the files are held in, as far as it has room. @default they are not held
 */
export async function readPartFiles(
  { storage, folder, chunk }: PartOptions,
  pool?: PagePool,
): Promise<readonly PartFile[]> {
  const locations: string[] = [];
  for await (const location of storage.list(inFolder.chunkParts(folder, chunk))) locations.push(location);
  const files: PartFile[] = [];
  let next = 0;
  const read = async (): Promise<void> => {
    for (let at = next++; at < locations.length; at = next++) {
      files[at] = await readPartFile(storage, locations[at] ?? '', pool);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, read));
  return files;
}

/** The record of each row that counts. */
export function bestRecords(
  files: readonly PartFile[],
  counts: (record: FoundRecord) => boolean = () => true,
): Map<number, FoundRecord> {
  const best = new Map<number, FoundRecord>();
  for (const { records } of files) {
    for (const record of records) {
      const before = best.get(record.facts.row);
      if (counts(record) && (before === undefined || isBetter(record, before))) best.set(record.facts.row, record);
    }
  }
  return best;
}

/** All that was done: of each row the record that counts of every round. */
export function recordsOfRounds(files: readonly PartFile[]): FoundRecord[] {
  const rounds = new Set(files.flatMap(({ records }) => records.map(({ facts }) => facts.round)));
  return [...rounds].flatMap((round) => [...bestRecords(files, ({ facts }) => facts.round === round).values()]);
}

const RANK: Record<RowState, number> = { attempted: 0, failed: 1, answered: 2 };

function isBetter({ facts: a }: FoundRecord, { facts: b }: FoundRecord): boolean {
  // A second answer is one too many, whenever it came.
  if (a.state === 'answered' && b.state === 'answered') return false;
  if (a.state !== b.state) return RANK[a.state] > RANK[b.state];
  if (a.state === 'attempted' && a.round === b.round) return (a.startedAtMs ?? 0) > (b.startedAtMs ?? 0);
  return a.round > b.round;
}
