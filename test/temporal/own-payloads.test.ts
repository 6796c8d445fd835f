import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Payload } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { garbage } from '../../src/garbage.js';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { payloadConverter as plain } from '../../src/temporal/json-converter.js';
import { payloadConverter } from '../../src/temporal/payload-converter.js';
import { testRing } from '../helpers/encryption.js';

const LARGE = { text: 'wörds of a large text 🙂 '.repeat(40_000) };

let place: { location: string; maxPayloadBytes: number; leastBytes: number };
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-own-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  place = { location: pathToFileURL(folder).href, maxPayloadBytes: 10_000_000, leastBytes: 128 * 1024 };
});

/** A payload as it is read from external storage, and again each time. */
async function readerOf(payload: Payload, keys = testRing('one')): Promise<() => Promise<Payload>> {
  const { payloadCodecs } = dataConverter({ namespace: 'default', keys, externalStorage: place });
  const context = { type: 'workflow', namespace: 'default', workflowId: 'call-1' } as const;
  const kept = await encode(payloadCodecs, [payload], context);
  return async () => (await decode(payloadCodecs, kept))[0] as Payload;
}

test('the bytes of what was read from external storage are given back once they are text', async () => {
  const read = await readerOf(plain.toPayload(LARGE));
  const payload = await read();
  expect(payloadConverter.fromPayload(payload)).toEqual(LARGE);
  expect(payload.data).toHaveLength(0);
  expect(payloadConverter.fromPayload(await read())).toEqual(LARGE);
});

test('garbage is collected before a large payload is read, and after it where nothing is sent', async () => {
  const collect = vi.spyOn(garbage, 'collect');
  onTestFinished(() => collect.mockRestore());
  const read = await readerOf(plain.toPayload(LARGE));
  const payload = await read();
  expect(collect).toHaveBeenCalledExactlyOnceWith(expect.toSatisfy((bytes) => bytes > 1_000_000));
  payloadConverter.fromPayload(payload, {
    type: 'activity',
    namespace: 'default',
    workflowId: 'call-1',
    isLocal: false,
  });
  expect(collect).toHaveBeenCalledTimes(1);
  payloadConverter.fromPayload(await read(), { type: 'workflow', namespace: 'default', workflowId: 'call-1' });
  expect(collect).toHaveBeenCalledTimes(3);
});

test('bytes are what they were where somebody else may have them: of what was not stored, by other converters, and as values', async () => {
  const own = plain.toPayload(LARGE);
  const stored = await (await readerOf(own))();
  for (const [converter, payload] of [[payloadConverter, own] as const, [plain, stored] as const]) {
    expect(converter.fromPayload(payload)).toEqual(LARGE);
    expect(converter.fromPayload(payload)).toEqual(LARGE);
  }
  const bytes = Buffer.alloc(500_000, 'bytes');
  const read = await (await readerOf(plain.toPayload(bytes)))();
  expect(Buffer.from(payloadConverter.fromPayload<Uint8Array>(read)).equals(bytes)).toBe(true);
  expect(read.data).toHaveLength(bytes.length);
});
