import { expect, test } from 'vitest';
import { fieldsOf } from '../../../src/core/common/fields.js';

test.each<[what: unknown, fields: object]>([
  [{ a: 1 }, { a: 1 }],
  [['a'], ['a']],
  [null, {}],
  [undefined, {}],
  ['text', {}],
  [7, {}],
])('the fields of %j', (value, fields) => {
  expect(fieldsOf(value)).toEqual(fields);
});
