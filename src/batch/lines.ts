import { DEFAULT_MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { joined } from './joined.js';

/** No line is longer, and so no request: it stays in the file, and never goes through Temporal. */
export const MAX_LINE_BYTES = DEFAULT_MAX_PAYLOAD_BYTES;

const LINE_FEED = 0x0a;

/** A line, its line feed left out. */
export interface Line {
  /** Where it starts, in bytes. */
  readonly start: number;
  readonly byteLength: number;
  /** Null when it is longer than the limit: such a line is skipped over, and never held. */
  readonly bytes: Buffer | null;
  /** What it begins with: as much of it as the limit allows. */
  readonly head: Buffer;
  /** Whether it ends with a line feed. The last line may not. */
  readonly isEnded: boolean;
}

/** The lines of a stream, as many at a time as came in a block. Holds a block and a line at most. */
export async function* lineBlocks(blocks: AsyncIterable<Buffer>, limit = MAX_LINE_BYTES): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(limit);
  for await (const block of blocks) yield splitter.push(block);
  yield splitter.end();
}

/** The lines of bytes that are held. */
export function linesOf(bytes: Buffer, limit = Infinity): Line[] {
  const splitter = new LineSplitter(limit);
  return [...splitter.push(bytes), ...splitter.end()];
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * What a line of an input has for a row, and where that starts; null: it is blank. A byte order mark is no part of it,
 * wherever it stands: files with one may have been joined.
 */
export function rowIn({ start, bytes }: Line): Pick<Line, 'start' | 'bytes'> | null {
  if (bytes === null) return { start, bytes };
  let from = 0;
  while (bytes.subarray(from, from + BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) from += BYTE_ORDER_MARK.length;
  const row = bytes.subarray(from);
  return isBlank(row) ? null : { start: start + from, bytes: row };
}

/** Whether there is nothing but white space, the carriage return of Windows' line ends included. */
function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

class LineSplitter {
  private readonly limit: number;
  /** The line that has begun: where, how long it is so far, and its bytes as far as the limit. */
  private start = 0;
  private byteLength = 0;
  private pieces: Buffer[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  push(block: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = block.indexOf(LINE_FEED); end !== -1; end = block.indexOf(LINE_FEED, from)) {
      this.add(block.subarray(from, end));
      lines.push(this.take(true));
      from = end + 1;
    }
    this.add(block.subarray(from));
    return lines;
  }

  end(): Line[] {
    return this.byteLength === 0 ? [] : [this.take(false)];
  }

  private add(piece: Buffer): void {
    const kept = piece.subarray(0, Math.max(0, this.limit - this.byteLength));
    if (kept.length > 0) this.pieces.push(kept);
    this.byteLength += piece.length;
  }

  private take(isEnded: boolean): Line {
    const { start, byteLength, pieces } = this;
    const head = joined(pieces);
    const bytes = byteLength > this.limit ? null : head;
    this.start += byteLength + (isEnded ? 1 : 0);
    this.byteLength = 0;
    this.pieces = [];
    return { start, byteLength, bytes, head, isEnded };
  }
}
