import { createCipheriv, createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { cutByContent } from '../../src/external-storage/cut.js';

const MB = 1024 * 1024;

/** Bytes without a pattern, the same each time. */
function bytesOf(seed: number, length: number): Buffer {
  return createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16)).update(Buffer.alloc(length));
}

const names = (...blocks: Uint8Array[]) =>
  [...cutByContent(blocks)].map((piece) => createHash('sha256').update(piece).digest('hex'));

test.each([0, 1, 128 * 1024, 128 * 1024 + 1, 5 * MB])('the pieces of %i bytes are these bytes, in order', (length) => {
  const bytes = bytesOf(1, length);
  const pieces = [...cutByContent([bytes])];
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(pieces.every((piece, index) => piece.length >= 128 * 1024 || index === pieces.length - 1)).toBe(true);
  expect(pieces.every((piece) => piece.length <= 2 * MB)).toBe(true);
});

test('bytes without an end in them are cut where a piece gets too long', () => {
  expect([...cutByContent([Buffer.alloc(5 * MB)])].map(({ length }) => length)).toEqual([2 * MB, 2 * MB, MB]);
});

test.each([
  ['a short one before a long one', [40]],
  ['an empty one, and others of any length', [0, 7, 100_000, 2 * MB, 2 * MB + 1, 4 * MB]],
  ['of 64 KB each', Array.from({ length: 80 }, (_, index) => index * 64 * 1024)],
])('bytes in blocks are cut as they are whole: %s', (_which, borders) => {
  const bytes = bytesOf(4, 5 * MB);
  const blocks = [...borders, bytes.length].map((end, index) => bytes.subarray(borders[index - 1] ?? 0, end));
  expect(names(...blocks)).toEqual(names(bytes));
});

test('what two have in common is in the same pieces, whatever stands before it', () => {
  const common = bytesOf(2, 8 * MB);
  const one = names(Buffer.concat([Buffer.from('{"request":'), common, Buffer.from('}')]));
  const other = names(Buffer.concat([bytesOf(3, 300_000), common, Buffer.from(',"plan":{}}')]));
  const shared = one.filter((name) => other.includes(name));
  expect(one.length - shared.length).toBeLessThanOrEqual(2);
  expect(one.length).toBeGreaterThan(4);
});
