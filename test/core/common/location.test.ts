import { expect, test } from 'vitest';
import { shownLocation } from '../../../src/core/common/location.js';

test.each([
  ['file:///data/rows.jsonl', '/data/rows.jsonl'],
  ['file:///a%20b/%C3%BC/100%25/%231', '/a b/ü/100%/#1'],
  ['file:///', '/'],
  ['file:///C:/data', 'C:/data'],
  ['s3://bucket/a b/100%25', 's3://bucket/a b/100%25'],
])('%s is shown as %s', (location, shown) => {
  expect(shownLocation(location)).toBe(shown);
});
