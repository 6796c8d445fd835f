import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DEFAULT_MAX_PAYLOAD_BYTES,
  bytesOver,
  excessOf,
  MAX_PAYLOAD_BYTES,
  MAX_VALUES,
  oversize,
  utf8Bytes,
} from '../../../src/core/common/limits.js';

test('a payload stays below the 2 MB that Temporal takes', () => {
  expect(MAX_PAYLOAD_BYTES).toBeLessThan(2 * 1024 * 1024);
});

test.each([
  ['nothing', '', 0],
  ['ascii', 'abc', 3],
  ['letters of two bytes', 'äß', 4],
  ['characters of three bytes', '€漢', 6],
  ['characters of four bytes', '😀', 4],
  ['the last of one byte, the first and last of two', '\u007f\u0080\u07ff', 5],
  ['the first of three bytes, those around the halves of pairs, the last', '\u0800\ud7ff\ue000\uffff', 12],
  ['the first and last of four bytes', '\u{10000}\u{10ffff}', 8],
])('bytes of a text: %s', (_, text, bytes) => {
  expect(utf8Bytes(text)).toBe(bytes);
});

test('bytes of any text are what a UTF-8 encoder makes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\u0000', 'a', 'ß', '€', '漢', '😀') }), (text) => {
      expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
    }),
  );
});

test.each<[value: unknown, levels: number]>([
  ['text', 0],
  [null, 0],
  [[], 1],
  [{ a: 1, b: [] }, 2],
  [[{ a: [1] }, 2], 3],
])('%j has lists and objects within each other, to %i levels', (value, levels) => {
  expect(excessOf(value, { nesting: levels })).toBe(null);
  if (levels > 0) expect(excessOf(value, { nesting: levels - 1 })).toBe('nesting');
});

test.each<[value: unknown, values: number]>([
  ['text', 0],
  [{ a: 1, b: [1, 2], c: { d: 3 } }, 6],
  [[[[]]], 2],
])('%j has %i values within it', (value, values) => {
  expect(excessOf(value, { values })).toBe(null);
  if (values > 0) expect(excessOf(value, { values: values - 1 })).toBe('values');
});

test('a request can have as many values as fit into it, where it goes to external storage, too', () => {
  const shortest = JSON.stringify(Array(1000).fill(1));
  expect((MAX_VALUES / 1000) * shortest.length).toBeGreaterThanOrEqual(DEFAULT_MAX_PAYLOAD_BYTES);
});

test('a request that is too large says by how much', () => {
  const most = 'x'.repeat(MAX_PAYLOAD_BYTES - 2);
  expect(oversize(most)).toBe(null);
  expect(oversize(`${most}x`)).toBe(
    'the request has 1500001 bytes of JSON; at most 1500000 can be kept. Send less, or set external_storage (max_payload_mb) in the config',
  );
});

test.each<[what: string, values: unknown[], most: number, over: number | null]>([
  ['surely few', ['abc', { a: 1 }], 1000, null],
  ['few, as is seen only by counting', ['abc', 'def'], 10, null],
  ['more', ['abc', 'def'], 9, 10],
])('values have so many bytes together: %s', (_, values, most, over) => {
  expect(bytesOver(values, most)).toBe(over);
});
