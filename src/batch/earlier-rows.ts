import type { Storage } from '../storage/index.js';
import type { ChunkRecord } from './chunk-table.js';
import { lineBlocks, rowIn } from './lines.js';

/** A run of rows in the input. */
export type RowRun = Omit<ChunkRecord, 'rows' | 'digest'>;

interface EarlierRow {
  readonly customId: unknown;
  /** One-based. */
  readonly line: number;
}

/** Reads ids of rows again, a run at a time: rows that are asked for one after the other mostly stand together. */
export class EarlierRows {
  private readonly storage: Storage;
  private readonly input: string;
  private known: ReadonlyMap<number, EarlierRow> = new Map();

  constructor(storage: Storage, input: string) {
    this.storage = storage;
    this.input = input;
  }

  /** @param run that has the row */
  async find(row: number, run: RowRun): Promise<EarlierRow | undefined> {
    if (!this.known.has(row)) this.known = await this.read(run);
    return this.known.get(row);
  }

  private async read({ byteStart, byteEnd, firstRow, firstLine }: RowRun): Promise<Map<number, EarlierRow>> {
    const rows = new Map<number, EarlierRow>();
    let line = firstLine;
    const bytes = await this.storage.read(this.input, { start: byteStart, end: byteEnd });
    for await (const lines of lineBlocks(bytes as AsyncIterable<Buffer>)) {
      for (const each of lines) {
        const found = rowIn(each);
        if (found !== null) rows.set(firstRow + rows.size, { customId: idIn(found.bytes), line });
        line += 1;
      }
    }
    return rows;
  }
}

function idIn(line: Buffer | null): unknown {
  if (line === null) return null;
  try {
    return (JSON.parse(line.toString('utf8')) as { custom_id?: unknown } | null)?.custom_id;
  } catch {
    return null;
  }
}
