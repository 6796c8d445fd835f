import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSurelyWithin, jsonBytes } from '../../../src/core/common/json-bytes.js';

const bytesOfJson = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');

test.each<[what: string, value: unknown]>([
  ['a text', 'abc'],
  ['what is escaped by a letter, and by its code', '"\\\b\t\n\f\r\0\u001f\u007f'],
  ['characters of two, three and four bytes', 'äß\u0080\u07ff€漢\u0800\ud7ff\ue000\uffff😀\u{10ffff}'],
  ['halves of characters', '\ud800 \udfff\udc00 \udbff'],
  ['two first halves, of which one has a second', '\ud83d\ud83d\ude00'],
  ['numbers', [0, -0, 1.5, -1e21, 1e-7, 123456789012345680, Number.MAX_VALUE, Number.NaN, Infinity]],
  ['booleans and null', [true, false, null]],
  ['what JSON has not, in a list', [undefined, Symbol('a'), () => 1]],
  ['what JSON has not, in an object', { a: undefined, b: Symbol('b'), c: 1, d: () => 1 }],
  ['nothing but that', { a: undefined }],
  ['lists and objects, empty and not', [[], {}, [[1, { 'ä"': [{}] }]]]],
  [
    'what says itself what it is',
    { at: new Date(0), of: { toJSON: (key: string) => `is ${key}` }, none: { toJSON: () => undefined } },
  ],
  ['nothing', undefined],
])('bytes of a value are those of its JSON: %s', (_, value) => {
  expect(jsonBytes(value)).toBe(bytesOfJson(value));
});

test('bytes of any value are those of its JSON, and never more than it surely has', () => {
  const value = fc.jsonValue({ stringUnit: 'binary' });
  fc.assert(
    fc.property(
      value,
      fc.double(),
      fc.string({ unit: fc.constantFrom('\u0000', '\ud800', '\udc00', 'ß', '"') }),
      (...all) => {
        const bytes = bytesOfJson(all);
        expect(jsonBytes(all)).toBe(bytes);
        if (bytes > 0) expect(isSurelyWithin(all, bytes - 1)).toBe(false);
      },
    ),
  );
});

test.each<[what: string, value: unknown, within: number, is: boolean]>([
  ['a short text', 'abc', 100, true],
  ['one that may be escaped', 'x'.repeat(20), 100, false],
  ['fields, with their names', { a: 1, b: [1, null] }, 1000, true],
  ['a long name', { ['x'.repeat(200)]: 1 }, 1000, false],
  ['what says itself what it is', { toJSON: () => 'x'.repeat(2000) }, 1000, false],
  ['many elements', Array(100).fill(0), 1000, false],
])('what surely has no more bytes is told without a look at its characters: %s', (_, value, within, is) => {
  expect(isSurelyWithin(value, within)).toBe(is);
});
