import { expect, test } from 'vitest';
import { EXACT_NUMBER_KEY } from '../../../src/core/common/exact-json.js';
import { jsonLine } from '../../../src/core/common/json-line.js';

test('what other readers take for line ends is written as escapes, and reads as it was', () => {
  const value = { text: 'a\u0085b\u2028c\u2029d\ne\u000bf' };
  const line = jsonLine(value);
  expect(line).toBe(String.raw`{"text":"a\u0085b\u2028c\u2029d\ne\u000bf"}`);
  expect(JSON.parse(line)).toEqual(value);
});

test('large whole numbers stay as they were', () => {
  expect(jsonLine([{ [EXACT_NUMBER_KEY]: '9223372036854775807' }])).toBe('[9223372036854775807]');
});
