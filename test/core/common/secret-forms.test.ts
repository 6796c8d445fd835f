import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact, redactedName } from '../../../src/core/common/redact.js';
import { secretForms } from '../../../src/core/common/secret-forms.js';

const KEY = 'top/Secret+Key 0123456789';

test.each<[what: string, quoted: string]>([
  ['as it is', KEY],
  ['in a URL', encodeURIComponent(KEY)],
  ['in a URL, in small letters', encodeURIComponent(KEY).replaceAll('%2F', '%2f').replaceAll('%2B', '%2b')],
  ['in base64', Buffer.from(KEY).toString('base64')],
  ['in base64, after a name', Buffer.from(`me:${KEY}:more`).toString('base64')],
  ['in base64 for URLs', Buffer.from(`a${KEY}`).toString('base64url')],
])('a key is masked %s', (_, quoted) => {
  const clean = redact(`echo ${quoted} end`, secretForms(KEY));
  expect(clean).toContain('[redacted]');
  // What is left of base64 are the bits that the key shares with its neighbours.
  expect(clean.replace('[redacted]', '').length).toBeLessThanOrEqual('echo  end'.length + 14);
});

test.each(['base64', 'base64url'] as const)('a key whose %s has more than letters and digits is masked', (alphabet) => {
  const key = 'Secret???>>>~~~0123';
  const encoded = Buffer.from(key).toString(alphabet);
  expect(encoded).toMatch(/[+/_-]/);
  expect(redact(encoded, secretForms(key)).replace('[redacted]', '').length).toBeLessThan(4);
});

test('a key with characters that JSON escapes is masked within a longer text', () => {
  const key = String.raw`top"Secret\Key 0123`;
  expect(redact(JSON.stringify(`the key ${key} is wrong`), secretForms(key))).toBe('"the key [redacted] is wrong"');
});

test('wherever a key stands in a text that is encoded, most of it is masked', () => {
  const key = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 40 });
  const around = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(key, around, around, (secret, before, after) => {
      const encoded = Buffer.from(`${before}${secret}${after}`).toString('base64');
      const clean = redact(encoded, secretForms(secret));
      expect(clean).toContain('[redacted]');
      const left = Buffer.from(clean.split('[redacted]').at(0) ?? '', 'base64').toString();
      expect(left.includes(secret)).toBe(false);
    }),
  );
});

test('a short key has no forms that might be ordinary text', () => {
  expect(secretForms('abcd')).toEqual(['abcd']);
});

test('a name is redacted before it is cut', () => {
  const name = redactedName(`${'x'.repeat(90)}${KEY}`, secretForms(KEY));
  expect(name).toBe(`${'x'.repeat(90)}[redacted]`);
});
