import { expect, test } from 'vitest';
import { ownValue } from '../../../src/core/common/own-value.js';

test('a key that the record does not have itself has no value, whatever it is called', () => {
  const record = { gpt: 1 };
  const keys = ['gpt', 'claude', 'constructor', 'toString', '__proto__'];
  expect(keys.map((key) => ownValue(record, key))).toEqual([1, undefined, undefined, undefined, undefined]);
});
