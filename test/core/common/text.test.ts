import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8Bytes } from '../../../src/core/common/limits.js';
import { A_NAME, isName } from '../../../src/core/common/names.js';
import { cutBytes, cutText, endOfPiece, wellFormed } from '../../../src/core/common/text.js';

/** Any UTF-16 at all, halves of pairs and NUL included. */
const anyText = fc.string({
  unit: fc.constantFrom('a', '\0', '\ud800', '\udc00', '\u{1f600}', 'ä', '漢', '\u2028', '\u202e', '\u0301'),
  maxLength: 60,
});

const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

test.each([
  ['the first half of a pair', 'bad \ud800 thing', 'bad \ufffd thing'],
  ['the second half', '\udc00', '\ufffd'],
  ['the halves in the wrong order', '\udc00\ud800', '\ufffd\ufffd'],
  ['NUL', 'a\0b', 'a\ufffdb'],
  ['a whole pair stays', '\u{1f600}', '\u{1f600}'],
])('%s', (_, text, clean) => {
  expect(wellFormed(text)).toBe(clean);
});

test.each([
  ['what fits stays', 'abcd', 4, 'abcd'],
  ['what does not is cut', 'abcde', 4, 'abc…'],
  ['no pair is cut in two', 'ab\u{1f600}e', 4, 'ab…'],
  ['a pair that fits stays', 'a\u{1f600}de', 4, 'a\u{1f600}…'],
])('cut to characters: %s', (_, text, length, cut) => {
  expect(cutText(text, length)).toBe(cut);
});

test('whatever comes, what leaves is well-formed and within its limit, and well-formed text that fits is untouched', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 3, max: 80 }), (text, limit) => {
      const byLength = cutText(text, limit);
      const byBytes = cutBytes(text, limit);
      expect([wellFormed(text), byLength, byBytes].filter((clean) => !isStorable(clean))).toEqual([]);
      expect(byLength.length).toBeLessThanOrEqual(limit);
      expect(utf8Bytes(byBytes)).toBeLessThanOrEqual(limit);
      if (isStorable(text) && utf8Bytes(text) <= limit) expect([byLength, byBytes]).toEqual([text, text]);
    }),
  );
});

describe(`a name is ${A_NAME}`, () => {
  test.each([
    ['letters of any script', 'größe/漢字 \u{1f600}', true],
    ['nothing', '', false],
    ['white space alone', ' ', false],
    ['a line break', 'a\nb', false],
    ['NUL', 'a\0', false],
    ['half of a pair', 'x/\ud800', false],
    ['200 characters', 'a'.repeat(200), true],
    ['201 characters', 'a'.repeat(201), false],
    ['as many bytes as an id may have', '漢'.repeat(80), true],
    ['more bytes than an id may have', '漢'.repeat(81), false],
  ])('%s', (_, text, expected) => {
    expect(isName(text)).toBe(expected);
  });
});

test.each<[text: string, characters: number, end: number]>([
  ['abc', 2, 2],
  ['a🙂c', 2, 3],
  ['a🙂c', 3, 3],
  ['ab', 9, 9],
])('a piece of %j of %i characters ends at %i: no character is cut in two', (text, characters, end) => {
  expect(endOfPiece(text, characters)).toBe(end);
});
