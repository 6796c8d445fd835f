import { expect, test } from 'vitest';
import { stringifyExactJson } from '../../src/core/common/exact-json.js';
import { requestBody } from '../../src/providers/request-body.js';

const LONG = 'ä"🙂\n'.repeat(30_000);
const NUMBER = { 'holdfast:number': '9223372036854775807' };
const message = (content: unknown) => ({ role: 'user', content });

test.each<[what: string, value: unknown]>([
  ['a long text among others', { messages: [message('Hello'), message(LONG)], seed: NUMBER }],
  ['numbers beside a long text', { input: Array(100_000).fill(0.125), more: [LONG, NUMBER] }],
  ['numbers alone', { input: Array.from({ length: 100_000 }, () => NUMBER) }],
  ['many short texts', { messages: Array.from({ length: 20_000 }, () => message('Hello')) }],
  [
    'many short texts, and a long one',
    { messages: [...Array.from({ length: 20_000 }, () => message('Hello')), message(LONG)] },
  ],
])('a large body is sent in pieces, none of them long, few of them short: %s', (_what, value) => {
  const body = requestBody(value);
  if (typeof body === 'string') throw new Error('it is in one piece');
  const pieces = [...body.pieces];
  const json = stringifyExactJson(value);
  expect(pieces.join('') === json).toBe(true);
  expect(body.bytes).toBe(Buffer.byteLength(json));
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(80_000);
  expect(pieces.length).toBeLessThan(10 + json.length / 30_000);
  expect([...body.pieces]).toEqual([]);
});

test('a small one is sent whole', () => {
  expect(requestBody({ messages: [message('Hello')], seed: NUMBER })).toBe(
    '{"messages":[{"role":"user","content":"Hello"}],"seed":9223372036854775807}',
  );
});
