import { expect, test } from 'vitest';
import { urlHost } from '../../../src/core/common/url-host.js';

test.each([
  ['a name', 'localhost', 'localhost'],
  ['an address', '127.0.0.1', '127.0.0.1'],
  ['an address of IPv6', '::1', '[::1]'],
])('%s in a URL', (_, host, expected) => {
  expect(urlHost(host)).toBe(expected);
});
