import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestHash, sortedJson } from '../../src/client/request-hash.js';
import type { RawRequest } from '../../src/core/plan/request.js';

/** Of the JSON that is the same whatever the order of the fields, as it was taken of the whole text. */
const digest = (request: RawRequest) =>
  createHash('sha256')
    .update(sortedJson({ operation: 'chat.completions', request }))
    .digest('hex');

const hash = (request: RawRequest) => requestHash({ operation: 'chat.completions', request });

const LONG = 64 * 1024;

/** Around the borders of pieces, with characters of one half and of two, and such as are escaped. */
const text = fc
  .tuple(fc.nat(3), fc.constantFrom('x', '🙂', '\ud83d', '\ude42', '"', 'ä'), fc.integer({ min: -2, max: 2 }))
  .map(([before, filling, more]) => 'y'.repeat(before) + filling.repeat(LONG / filling.length + more));

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.string(),
    fc.constantFrom(undefined, null, 1, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('the digest of a request with long texts is that of its whole JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { maxKeys: 4 }), (request) => {
      expect(hash(request as RawRequest)).toBe(digest(request as RawRequest));
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test('the order of the fields does not count, that of a list does', () => {
  const long = 'x'.repeat(3 * LONG);
  expect(hash({ model: 'm', messages: [long, { a: 1, b: long }] })).toBe(
    hash({ messages: [long, { b: long, a: 1 }], model: 'm' }),
  );
  expect(hash({ messages: [long, 'a'] })).not.toBe(hash({ messages: ['a', long] }));
});
