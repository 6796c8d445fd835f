import { expect, test } from 'vitest';
import { ownProperty } from '../../../src/core/common/own-property.js';

test('a key that the record does not have itself has no value, whatever it is called', () => {
  const record = { gpt: 1 };
  const keys = ['gpt', 'claude', 'constructor', 'toString', '__proto__'];
  expect(keys.map((key) => ownProperty(record, key))).toEqual([1, undefined, undefined, undefined, undefined]);
});
