import { encryptText } from '../encryption/encrypted-text.js';
import type { EncryptionKey } from '../encryption/key-ring.js';
import type { Storage } from '../storage/index.js';
import { lineBlocks, type Line } from './lines.js';
import { HeldBytes, type PagePool } from './page-pool.js';
import type { RowFacts, RowRecord } from './row-record.js';

/**
 * The lines of a part: facts as JSON, a tab, and the line for the output as it will stand there, so that the output can
 * be put together without parsing what is in it; encrypted, where the storage has keys. The length of the latter tells
 * whether a line is whole.
 */
interface PartHeader extends RowFacts {
  readonly bytes: number;
}

const TAB = 0x09;

/** So much of a line is held to read its facts: the rest, which may be large, only passes through. */
const MAX_FACTS_BYTES = 64 * 1024;

/** @param key - what the line for the output is encrypted under. @default it is not */
export function partLine({ facts, line }: RowRecord, key?: EncryptionKey): string {
  const kept = encryptText(key, line);
  const header: PartHeader = { ...facts, bytes: Buffer.byteLength(kept) };
  return `${JSON.stringify(header)}\t${kept}`;
}

/** A record that was found, and where its line is. */
export interface FoundRecord {
  readonly facts: RowFacts;
  readonly location: string;
  readonly byteStart: number;
  /** Without its line feed, which is always there. */
  readonly byteLength: number;
}

/** What a file of a part has. */
export interface PartFile {
  readonly location: string;
  readonly records: readonly FoundRecord[];
  /** The file itself; null: nobody wanted it held. */
  readonly held: HeldBytes | null;
}

/**
 * Reads a file of a part. A line that a killed writer left behind cut short is passed over.
 * @param pool - what the file is held in, as far as it has room. @default it is not held
 */
export async function readPartFile(storage: Storage, location: string, pool?: PagePool): Promise<PartFile> {
  const held = pool === undefined ? null : new HeldBytes(pool);
  const records: FoundRecord[] = [];
  const blocks = (await storage.read(location)) as AsyncIterable<Buffer>;
  for await (const lines of lineBlocks(held?.hold(blocks) ?? blocks, MAX_FACTS_BYTES)) {
    for (const line of lines) {
      const record = recordOf(location, line);
      if (record !== null) records.push(record);
    }
  }
  return { location, records, held };
}

function recordOf(location: string, { start, head, byteLength: lineLength, isEnded }: Line): FoundRecord | null {
  const tab = head.indexOf(TAB);
  if (tab === -1 || !isEnded) return null;
  const facts = headerIn(head.subarray(0, tab));
  const byteLength = lineLength - tab - 1;
  return facts?.bytes === byteLength ? { facts, location, byteStart: start + tab + 1, byteLength } : null;
}

function headerIn(bytes: Buffer): PartHeader | null {
  try {
    return JSON.parse(bytes.toString('utf8')) as PartHeader | null;
  } catch {
    return null;
  }
}
