/** Where a chunk is in the input. */
export interface ChunkRecord {
  readonly byteStart: number;
  readonly byteEnd: number;
  /** Zero-based. */
  readonly firstRow: number;
  /** One-based: the line of its first row. */
  readonly firstLine: number;
  readonly rows: number;
  /** What `chunkDigest` makes of its rows. */
  readonly digest: Buffer;
}

/** `index.bin`: a record per chunk, all of the same width, so that one is found without reading the others. */
export const CHUNK_RECORD_BYTES = 64;

const DIGEST_AT = 32;
const FIRST_RECORDS = 64;

/** The records of an input's chunks while they are found. */
export class ChunkTable {
  private buffer = Buffer.alloc(FIRST_RECORDS * CHUNK_RECORD_BYTES);
  length = 0;

  add({ byteStart, byteEnd, firstRow, firstLine, rows, digest }: ChunkRecord): void {
    const at = this.length * CHUNK_RECORD_BYTES;
    if (at === this.buffer.length) this.buffer = Buffer.concat([this.buffer, Buffer.alloc(at)]);
    this.buffer.writeDoubleLE(byteStart, at);
    this.buffer.writeDoubleLE(byteEnd, at + 8);
    this.buffer.writeUInt32LE(firstRow, at + 16);
    this.buffer.writeUInt32LE(firstLine, at + 20);
    this.buffer.writeUInt32LE(rows, at + 24);
    digest.copy(this.buffer, at + DIGEST_AT);
    this.length += 1;
  }

  /** The chunk that has a row; undefined when none has it yet. */
  chunkOf(row: number): ChunkRecord | undefined {
    const chunk = this.numberOf(row);
    return chunk === undefined ? undefined : this.at(chunk);
  }

  /** The number of the chunk that has a row. */
  numberOf(row: number): number | undefined {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.at(middle);
      if (row < chunk.firstRow) high = middle;
      else if (row >= chunk.firstRow + chunk.rows) low = middle + 1;
      else return middle;
    }
    return undefined;
  }

  private at(chunk: number): ChunkRecord {
    return readChunkRecord(this.buffer.subarray(chunk * CHUNK_RECORD_BYTES));
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length * CHUNK_RECORD_BYTES);
  }
}

export function readChunkRecord(record: Buffer): ChunkRecord {
  return {
    byteStart: record.readDoubleLE(0),
    byteEnd: record.readDoubleLE(8),
    firstRow: record.readUInt32LE(16),
    firstLine: record.readUInt32LE(20),
    rows: record.readUInt32LE(24),
    digest: record.subarray(DIGEST_AT, CHUNK_RECORD_BYTES),
  };
}
