import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EXACT_NUMBER_KEY,
  exactJson,
  mayLoseNumbers,
  parseExactJson,
  stringifyExactJson,
} from '../../../src/core/common/exact-json.js';

describe('whole numbers of any size', () => {
  test.each([
    '12345678901234567891',
    '{"seed":9223372036854775807}',
    '{"seed": -9223372036854775808 , "n":1}',
    '[1,12345678901234567891,[123456789012345678901234567890]]',
    '{"schema":{"maximum":18446744073709551615},"text":"12345678901234567891"}',
  ])('%s comes out as it went in', (text) => {
    expect(stringifyExactJson(parseExactJson(text))).toBe(text.replaceAll(' ', ''));
    // What is carried is plain JSON: another parser in between changes nothing.
    expect(exactJson(JSON.stringify(JSON.parse(JSON.stringify(parseExactJson(text)))))).toBe(text.replaceAll(' ', ''));
  });

  test.each([
    ['one that JavaScript can hold', '{"n":9007199254740992}', { n: 9007199254740992 }],
    ['a fraction', '{"n":0.1234567890123456}', { n: 0.1234567890123456 }],
    ['an exponent', '{"n":12345678901234567e3}', { n: 12345678901234567e3 }],
    ['many digits of a fraction', '{"n":0.12345678901234567}', { n: Number('0.12345678901234567') }],
    [
      'a negative exponent',
      '[1e-1234567890123456,12345678901234567891]',
      [0, { [EXACT_NUMBER_KEY]: '12345678901234567891' }],
    ],
    [
      'digits in a text after quotes',
      '{"a\\"":12345678901234567891,"b":"\\\\","c":1}',
      { 'a"': { [EXACT_NUMBER_KEY]: '12345678901234567891' }, b: '\\', c: 1 },
    ],
    ['digits in a text', '{"n":"[12345678901234567891]"}', { n: '[12345678901234567891]' }],
  ])('%s is a number, or a text, as always', (_, text, value) => {
    expect(parseExactJson(text)).toEqual(value);
  });

  test('a text that looks like one of ours stays a text', () => {
    const value = { text: `{"${EXACT_NUMBER_KEY}":"1"}` };
    expect(stringifyExactJson(value)).toBe(JSON.stringify(value));
  });

  test('most texts are not looked at twice', () => {
    expect(mayLoseNumbers('{"id":"1234567890123456789","vector":[0.1234567890123456789]}')).toBe(false);
  });

  test('any other JSON is what it always was', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(stringifyExactJson(parseExactJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test.each([
    '{',
    '[01234567890123456789]',
    '[-01234567890123456789]',
    '[+12345678901234567891]',
    '{12345678901234567891:1}',
    '[12345678901234567891,"]',
  ])('what is no JSON is an error: %s', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });
});
