import fc from 'fast-check';
import { PLANTED_KEY } from './holdfast.js';

/** What has ended a program somewhere. */
export const hostile = fc.oneof(
  fc.constantFrom(
    '\ud800',
    'a\udfff',
    '\udc00\ud800',
    'a\0b',
    '\u202eabc',
    '\u2028\u2029',
    '\u{1f600}'.slice(0, 1),
    `${'x'.repeat(299)}\u{1f600}`,
    '漢'.repeat(500),
    '__proto__',
    'constructor',
    '\r\nx-injected: 1',
    '%00%ff',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

export const hostileOrKey = fc.oneof(
  hostile,
  hostile.map((text) => `${text}${PLANTED_KEY}${text}`),
);

export const hostileObject = fc.dictionary(hostile, hostile, { maxKeys: 3 });

/** Bytes as headers can carry them. */
export const inHeader = hostileOrKey.map((text) =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\xa0-\xff]/g, '?')
    .slice(0, 4000),
);
