import { describe, expect, test } from 'vitest';
import { assembleOutput, openPart } from '../../src/batch/index.js';
import { HeldBytes, PagePool } from '../../src/batch/page-pool.js';
import type { InputIndex } from '../../src/core/batch/batch.js';
import type { Storage } from '../../src/storage/index.js';
import { batchFolder, storage } from './folder.js';
import { shortRecord } from './record.js';

const PAGE = 64 * 1024;

async function* blocksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function held(pool: PagePool, bytes: Buffer, size = 1000): Promise<HeldBytes> {
  const copy = new HeldBytes(pool);
  const passed: Buffer[] = [];
  for await (const block of copy.hold(blocksOf(bytes, size))) passed.push(block);
  expect(Buffer.concat(passed).equals(bytes)).toBe(true);
  return copy;
}

const bytes = Buffer.from(Array.from({ length: 3 * PAGE + 17 }, (_, index) => index % 253));

describe('pages', () => {
  test.each([1, 1000, PAGE - 1, PAGE, PAGE + 1, 10 * PAGE])(
    'any range is found, of blocks of %i bytes',
    async (size) => {
      const copy = await held(new PagePool(10 * PAGE), bytes.subarray(0, size === 1 ? PAGE + 5 : undefined), size);
      const end = size === 1 ? PAGE + 5 : bytes.length;
      const ranges = [
        [0, end],
        [0, 1],
        [PAGE - 1, PAGE],
        [PAGE - 1, PAGE + 1],
        [PAGE, end],
        [end - 1, end],
      ] as const;
      for (const [from, to] of ranges) {
        expect(Buffer.concat(copy.pieces(from, to) ?? []).equals(bytes.subarray(from, to))).toBe(true);
      }
    },
  );

  test('what does not fit is not held, and takes no page from others', async () => {
    const pool = new PagePool(5 * PAGE);
    const first = await held(pool, bytes);
    expect((await held(pool, bytes)).pieces(0, 1)).toBeNull();
    expect((await held(pool, bytes.subarray(0, PAGE))).pieces(0, 1)).toHaveLength(1);
    first.release();
    expect((await held(pool, bytes)).pieces(0, 1)).toHaveLength(1);
  });

  test('are used again', async () => {
    const pool = new PagePool(100 * PAGE);
    const pages = new Set<ArrayBufferLike>();
    for (let file = 0; file < 25; file++) {
      const copy = await held(pool, bytes);
      for (const piece of copy.pieces(0, bytes.length) ?? []) pages.add(piece.buffer);
      copy.release();
      expect(copy.pieces(0, 1)).toBeNull();
    }
    expect(pages.size).toBe(4);
  });
});

test('an output of any size is written from the same two blocks', async () => {
  const files = await batchFolder();
  try {
    const part = await openPart({ storage, folder: files.folder, chunk: 0, writer: 'w' });
    const rows = 40;
    for (let row = 0; row < rows; row++) await part.append(shortRecord(row, 'answered', 'x'.repeat(100_000)));
    await part.close();
    const blocks = new Map<string, ArrayBufferLike[]>();
    const write: Storage['write'] = async (location, content) => {
      const written: ArrayBufferLike[] = [];
      blocks.set(location, written);
      async function* seen(): AsyncGenerator<Uint8Array | string> {
        for await (const block of content) {
          if (typeof block !== 'string') written.push(block.buffer);
          yield block;
        }
      }
      await storage.write(location, seen());
    };
    const index = { rows, chunks: 1 } as InputIndex;
    const out = files.at('out');
    await assembleOutput({ storage: { ...storage, write }, folder: files.folder, out, index, partial: false });
    const written = blocks.get(`${out}/output.jsonl`) ?? [];
    expect(written.length).toBeGreaterThan(10);
    expect(new Set(written).size).toBe(2);
  } finally {
    await files.remove();
  }
});
