import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCrowdedJson, MAX_FIELDS } from '../../../src/core/common/crowded-json.js';

const object = (fields: number, more = ''): string =>
  `{${Array.from({ length: fields }, (_, index) => `"k${index}":1`).join(',')}${more}}`;

describe('an object with too many fields is seen in its text', () => {
  test.each<[what: string, json: string, is: boolean]>([
    ['as many as there may be', object(3), false],
    ['one more', object(4), true],
    ['within others', `{"a":[1,{"b":${object(4)}}]}`, true],
    ['after others', `[${object(3)},${object(3)},${object(4)}]`, true],
    ['elements of a list are none', '[1,2,3,4,5,6,7,8,9,10]', false],
    ['nor are those of a list in an object', '{"a":[1,2,3,4,5,6],"b":1}', false],
    ['nor is what a text has', '{"a":",,,,,,\\",,,,,{,,,,,","b":",,,,\\\\"}', false],
    ['texts that do not end', '{"a":",,,,,,,,,,,,,,,,,,,', false],
    ['what is no JSON', ']]]],,,,,}}}}}}}}}}}}}', true],
    ['a short text', '{}', false],
  ])('%s', (_, json, is) => {
    expect(isCrowdedJson(json, 3)).toBe(is);
  });

  test('in any JSON', () => {
    const widest = (value: unknown): number => {
      if (typeof value !== 'object' || value === null) return 0;
      const inside = Math.max(0, ...Object.values(value).map(widest));
      return Array.isArray(value) ? inside : Math.max(inside, Object.keys(value).length);
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isCrowdedJson(JSON.stringify(value), 2)).toBe(widest(value) > 2);
      }),
    );
  });

  test('by default, of very many', () => {
    expect([object(MAX_FIELDS), object(MAX_FIELDS + 1)].map((json) => isCrowdedJson(json))).toEqual([false, true]);
  });
});
