import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonParts, jsonPieces } from '../../../src/core/common/json-parts.js';

const LONG = 'x'.repeat(64 * 1024 + 1);

const jsonOf = (value: unknown) => [...jsonPieces(jsonParts(value) ?? ['no long text'])].join('');

test.each<[what: string, value: unknown]>([
  ['a text', LONG],
  ['characters that are escaped', LONG.replaceAll('x', '"\n\0')],
  ['characters of two halves, wherever a piece ends', `${LONG.replaceAll('x', '🙂')}x${LONG.replaceAll('x', '🙂')}`],
  ['halves of characters', LONG.replaceAll('x', '\ud83d')],
  ['a field', { a: 1, 'b"': LONG, c: [true, null], d: { e: LONG, f: {} } }],
  ['in a list', [1, LONG, [], [LONG], 'x']],
  ['beside what JSON has not, in a list', [undefined, LONG, Symbol('a'), () => 1]],
  ['beside what JSON has not, in an object', { a: undefined, b: LONG, c: Symbol('c'), d: () => 1 }],
  ['in a list with holes', Object.assign([], { 3: LONG })],
  ['beside what says itself what it is', { at: new Date(0), text: LONG, none: { toJSON: () => undefined, LONG } }],
  ['beside objects that are more than their fields', [LONG, new Map([[LONG, LONG]]), Object(LONG), Object(1)]],
])('the JSON of a value with a long text: %s', (_, value) => {
  expect(jsonOf(value) === JSON.stringify(value)).toBe(true);
});

test.each<[what: string, value: unknown]>([
  ['a text', LONG.slice(1)],
  ['many of them', Array(10).fill(LONG.slice(1))],
  ['numbers', Array(100_000).fill(1.5)],
  ['bytes', new Uint8Array(100_000)],
  ['what says itself what it is', { toJSON: () => LONG, text: LONG }],
  ['the digits of a number', { n: { 'holdfast:number': LONG.replaceAll('x', '1') } }],
  ['nothing', undefined],
])('a value without one is written whole: %s', (_, value) => {
  expect(jsonParts(value)).toBeNull();
});

test('the JSON of any value', () => {
  const text = fc.string({ unit: 'binary', maxLength: 10 }).map((some) => some.padEnd(LONG.length, `${some}ä`));
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.jsonValue({ stringUnit: 'binary' }),
      fc.constant(undefined),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, (any) => {
      const holder = { any, LONG };
      expect(jsonOf(holder) === JSON.stringify(holder)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('the parts may be written again', () => {
  const parts = jsonParts([LONG]) ?? [];
  expect([...jsonPieces(parts)]).toEqual([...jsonPieces(parts)]);
});
