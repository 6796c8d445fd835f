import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, test } from 'vitest';
import { EncryptionError } from '../../src/encryption/encryption-error.js';
import { keyRing } from '../../src/encryption/key-ring.js';
import { EncryptionCodec, keyIdOf } from '../../src/temporal/encryption-codec.js';
import { testRing } from '../helpers/encryption.js';

const SECRET = 'what nobody shall read';
const PLAIN = defaultPayloadConverter.toPayload({ text: SECRET });

const codec = (...ids: string[]) => new EncryptionCodec(testRing(...ids), 'default');

const encrypted = async (by = codec('one')): Promise<Payload[]> => by.encode([PLAIN]);

const read = (payloads: Payload[]) => payloads.map((payload) => defaultPayloadConverter.fromPayload(payload));

async function errorOf(reading: Promise<unknown>): Promise<EncryptionError> {
  const error: unknown = await reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EncryptionError);
  return error as EncryptionError;
}

test('a payload is encrypted whole, its metadata too, and is read again', async () => {
  const [payload] = await encrypted();
  expect(Buffer.from(payload?.data ?? []).toString('latin1')).not.toMatch(/nobody|json/);
  expect(Object.keys(payload?.metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
  expect(payload && keyIdOf(payload)).toBe('one');
  expect(read(await codec('one').decode(await encrypted()))).toEqual([{ text: SECRET }]);
});

test('the same payload is another ciphertext each time', async () => {
  const payloads = await Promise.all(Array.from({ length: 2000 }, () => encrypted()));
  const begins = payloads.flat().map(({ data }) => Buffer.from(data ?? []).toString('hex', 0, 12));
  expect(new Set(begins).size).toBe(2000);
});

test('new data goes under the first key, and old data is read while its key is in the ring', async () => {
  const old = await encrypted(codec('one'));
  const rotated = codec('two', 'one');
  const [payload] = await encrypted(rotated);
  expect(payload && keyIdOf(payload)).toBe('two');
  expect(read(await rotated.decode([...old, ...(await encrypted(rotated)), PLAIN]))).toEqual(
    [1, 2, 3].map(() => ({ text: SECRET })),
  );
});

test('a key that is missing is named, and what is to do', async () => {
  for (const reader of [codec('two'), codec()]) {
    const error = await errorOf(reader.decode(await encrypted()));
    expect(error.keyId).toBe('one');
    expect(error.message).toContain('the key "one", which this process does not have: add it to encryption.keys');
  }
});

test.each([
  ['another key of the same id', new EncryptionCodec(keyRing([{ id: 'one', key: Buffer.alloc(32, 1) }]), 'default')],
  ['another namespace', new EncryptionCodec(testRing('one'), 'other')],
])('what %s decrypts is an error', async (_what, reader) => {
  expect((await errorOf(reader.decode(await encrypted()))).message).toContain('"one" cannot be decrypted');
});

test.each([
  ['a damaged byte', (data: Uint8Array) => data.with(20, (data[20] ?? 0) ^ 1)],
  ['a lost end', (data: Uint8Array) => data.subarray(0, -1)],
  ['nothing', () => new Uint8Array()],
])('%s is an error', async (_what, damaged) => {
  const [payload] = await encrypted();
  const broken = { ...payload, data: damaged(payload?.data ?? new Uint8Array()) };
  expect((await errorOf(codec('one').decode([broken]))).keyId).toBe('one');
});

test('without keys all passes as it is', async () => {
  const payloads = [PLAIN];
  expect(await codec().encode(payloads)).toBe(payloads);
  expect(await codec().decode(payloads)).toBe(payloads);
});
