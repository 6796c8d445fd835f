import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EncryptionError } from '../../src/encryption/encryption-error.js';
import { ExternalStorageError } from '../../src/external-storage/external-storage-error.js';
import { StorageError } from '../../src/storage/storage-error.js';
import { failureConverter } from '../../src/temporal/failure-converter.js';

const hostile = fc.string({ unit: fc.constantFrom('a', '\0', '\ud800', '\udc00', '\u{1f600}', '漢'), maxLength: 50 });

const anyError = fc.letrec<{ error: Error }>((tie) => ({
  error: fc
    .record({ message: hostile, type: hostile, detail: hostile, cause: fc.option(tie('error'), { maxDepth: 3 }) })
    .map(({ message, type, detail, cause }) =>
      type === ''
        ? new Error(message, { cause })
        : ApplicationFailure.create({ message, type, details: [detail], ...(cause !== null && { cause }) }),
    ),
})).error;

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap(textsOf);
}

test('every text of a failure and of its causes can be stored and is bounded', () => {
  fc.assert(
    fc.property(anyError, (error) => {
      const texts = textsOf(failureConverter.errorToFailure(error, defaultPayloadConverter));
      expect(texts.filter((text) => !text.isWellFormed() || text.includes('\0'))).toEqual([]);
      expect(texts.length).toBeGreaterThan(1);
    }),
  );
  const long = failureConverter.errorToFailure(new Error('x'.repeat(1_000_000)), defaultPayloadConverter);
  expect(Math.max(...textsOf(long).map(({ length }) => length))).toBe(10_000);
});

test('payloads are as they were: in JSON half a pair is escaped', () => {
  const details = ['\ud800', { nested: ['\udc00'] }];
  const failure = failureConverter.errorToFailure(ApplicationFailure.create({ details }), defaultPayloadConverter);
  expect(failureConverter.failureToError(failure, defaultPayloadConverter)).toMatchObject({ details });
});

const away = (action: 'read' | 'write') => new StorageError('unavailable', action, 'file:///place/piece', 'it is away');

test.each<[string, unknown, boolean]>([
  ['a payload that cannot be written', ExternalStorageError.of('write', 'file:///place', away('write')), true],
  ['a payload that cannot be read', ExternalStorageError.of('read', 'file:///place', away('read')), false],
  ['a payload that is damaged', ExternalStorageError.damaged('file:///place'), false],
  ['no key for new data', EncryptionError.unavailable(null, 'it is away'), true],
  ['a ring that cannot give a key', EncryptionError.unavailable('one', 'it is away'), false],
  ['a key that is missing', EncryptionError.missing('one'), false],
  ['another key', EncryptionError.wrong('one', 'the namespace', null), false],
])('what Temporal keeps of %s tells whether it was of writing', (_what, error, isOfWriting) => {
  const { message } = failureConverter.errorToFailure(error, defaultPayloadConverter);
  const found = ExternalStorageError.isOfWriting(message ?? '') || EncryptionError.isOfWriting(message ?? '');
  expect(found).toBe(isOfWriting);
});
