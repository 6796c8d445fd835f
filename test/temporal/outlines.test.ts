import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { KeyRing } from '../../src/encryption/key-ring.js';
import { PayloadStore } from '../../src/external-storage/payload-store.js';
import { openStorage, StorageError, type PayloadStorage } from '../../src/storage/index.js';
import { ClaimCheck } from '../../src/temporal/claim-check.js';
import { dataConverter, workerDataConverter } from '../../src/temporal/data-converter.js';
import { ExternalStorageCodec } from '../../src/temporal/external-storage-codec.js';
import { payloadConverter as plain } from '../../src/temporal/json-converter.js';
import { payloadConverter } from '../../src/temporal/payload-converter.js';
import { payloadConverter as ofWorkflows } from '../../src/workflows/payload-converter.js';
import { testRing } from '../helpers/encryption.js';

const LARGE = 'wörds of a large text 🙂 '.repeat(40_000);
const INPUT = {
  operation: 'chat.completions',
  request: { model: 'good', messages: [{ role: 'user', content: LARGE }], temperature: 1, tools: [LARGE.slice(9)] },
};
const context = { type: 'workflow' as const, namespace: 'default', workflowId: 'call-1' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-outlines-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

const place = () => ({ location: pathToFileURL(folder).href, maxPayloadBytes: 10_000_000, leastBytes: 128 * 1024 });
const chain = (keys?: KeyRing) => ({ namespace: 'default', keys, externalStorage: place() });

const put = async (codecs: PayloadCodec[], payload: Payload, of = context): Promise<Payload> =>
  (await encode(codecs, [payload], of))[0] as Payload;
const got = async (codecs: PayloadCodec[], payload: Payload): Promise<Payload> =>
  (await decode(codecs, [payload]))[0] as Payload;

const workerCodecs = (keys?: KeyRing) => workerDataConverter(chain(keys)).payloadCodecs as PayloadCodec[];

async function storedBytes(): Promise<number> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const all = await Promise.all(files.map((file) => stat(file)));
  return all.reduce((sum, { size }) => sum + size, 0);
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** What a workflow is given of a payload as it is in the history. */
const inWorkflow = async <T>(kept: Payload, keys?: KeyRing): Promise<T> =>
  ofWorkflows.fromPayload<T>(await got(workerCodecs(keys), kept));

test('a payload with an outline is that of any converter, but for word of it', () => {
  const own = payloadConverter.toPayload(INPUT);
  expect(Buffer.from(own.data ?? []).equals(Buffer.from(plain.toPayload(INPUT).data ?? []))).toBe(true);
  expect(Object.keys(own.metadata ?? {})).toEqual(['encoding', 'holdfast-outline']);
});

describe.each([
  ['without keys', undefined],
  ['encrypted', testRing('one')],
])('a large request, %s', (_how, keys) => {
  test('is in external storage once, though the workflow hands it on, and comes whole to whoever is to read it', async () => {
    const { payloadCodecs } = dataConverter(chain(keys));
    const kept = await put(payloadCodecs, payloadConverter.toPayload(INPUT));
    expect(bytesOf(kept)).toBeLessThan(10_000);
    const given = await inWorkflow<typeof INPUT & { line: string }>(kept, keys);
    expect(given).toEqual({
      operation: INPUT.operation,
      request: { ...INPUT.request, messages: expect.any(ClaimCheck), tools: expect.any(ClaimCheck) },
      line: expect.stringContaining('a large text'),
    });
    const { messages, tools } = given.request;
    const handedOn = { ...INPUT, request: { ...INPUT.request, temperature: 0, messages, tools } };
    const scheduled = await put(workerCodecs(keys), ofWorkflows.toPayload(handedOn));
    expect(bytesOf(scheduled)).toBeLessThan(10_000);
    expect(await storedBytes()).toBeLessThan(bytesOf(INPUT) + 5_000);
    const whole = { ...INPUT, request: { ...INPUT.request, temperature: 0 } };
    // The activity, and a client: also one of a version that knows of no outlines, and reads the pieces of all of them.
    expect(plain.fromPayload(await got(workerCodecs(keys), scheduled))).toEqual(whole);
    expect(plain.fromPayload(await got(payloadCodecs, scheduled))).toEqual(whole);
    expect(plain.fromPayload(await got(payloadCodecs, kept))).toEqual(INPUT);
  });
});

test('a large answer becomes the result of its call', async () => {
  const answer = { response: { data: [LARGE] }, ended: { group: 'good' } };
  const kept = await put(workerCodecs(), payloadConverter.toPayload(answer));
  const { response, ended } = await inWorkflow<typeof answer>(kept);
  expect(response).toBeInstanceOf(ClaimCheck);
  expect(ended).toEqual(answer.ended);
  const result = await put(workerCodecs(), ofWorkflows.toPayload({ response, report: null }));
  const { payloadCodecs } = dataConverter({ namespace: 'default' });
  expect(plain.fromPayload(await got(payloadCodecs, result))).toEqual({ response: answer.response, report: null });
  expect(await storedBytes()).toBeLessThan(bytesOf(answer) + 5_000);
});

/** The codec of a worker on a day. */
function codecOn(
  day: string,
  to: ReturnType<typeof place> | null = place(),
  storage: PayloadStorage = openStorage(),
): ExternalStorageCodec {
  const clock = { now: () => Date.parse(day), sleep: async () => undefined };
  const deps = { storage, place: to?.location, namespace: 'default', keys: testRing('one'), clock };
  return new ExternalStorageCodec(new PayloadStore(deps), to ?? undefined, { givesOutlines: true });
}

function readOnly(): PayloadStorage {
  const write = async (location: string) => {
    throw new StorageError('denied', 'write', location, 'read only');
  };
  return Object.create(openStorage(), { write: { value: write } }) as PayloadStorage;
}

async function handOn(
  first: ExternalStorageCodec,
  then: ExternalStorageCodec,
  { of = context, value = INPUT } = {},
): Promise<Payload> {
  const kept = await put([first], payloadConverter.toPayload(value));
  const given = ofWorkflows.fromPayload(await got([first], kept));
  return put([then], ofWorkflows.toPayload(given), of);
}

const referenceOf = ({ data }: Payload) => JSON.parse(String(data)) as { day: string; workflowId: string };

test.each<[what: string, day: string, of: typeof context]>([
  ['on the next day', '2026-11-30', context],
  ['to another workflow', '2026-11-29', { ...context, workflowId: 'call-2' }],
])('what is handed on %s is stored again, where it is swept with the rest', async (_what, day, of) => {
  const handedOn = await handOn(codecOn('2026-11-29'), codecOn(day), { of });
  expect(referenceOf(handedOn)).toMatchObject({ day, workflowId: of.workflowId });
  expect(plain.fromPayload(await got([codecOn(day)], handedOn))).toMatchObject(INPUT);
});

test('what is handed on by a worker without external storage goes through Temporal', async () => {
  const handedOn = await handOn(codecOn('2026-11-29'), codecOn('2026-11-29', null));
  expect(plain.fromPayload(handedOn)).toMatchObject(INPUT);
});

test('what is handed on while nothing can be written goes through Temporal where that takes it, and else is told', async () => {
  const [first, then] = [codecOn('2026-11-29'), codecOn('2026-11-30', place(), readOnly())];
  await expect(handOn(first, then)).rejects.toMatchObject({ name: 'ExternalStorageError', code: 'denied' });
  const { tools: _, ...request } = INPUT.request;
  const value = { ...INPUT, request: { ...request, tools: [] } };
  expect(plain.fromPayload(await handOn(first, then, { value }))).toMatchObject(value);
});

test('the bytes of a payload are given back once they are stored, and not where they are not', async () => {
  const [stored, unstored] = [payloadConverter.toPayload(INPUT), payloadConverter.toPayload(INPUT)];
  await put([codecOn('2026-11-29')], stored);
  expect(stored.data).toHaveLength(0);
  await expect(put([codecOn('2026-11-30', place(), readOnly())], unstored)).rejects.toMatchObject({ code: 'denied' });
  expect(plain.fromPayload(unstored)).toEqual(INPUT);
});

test('what goes through Temporal has no outline', async () => {
  const codecs = dataConverter({ namespace: 'default' }).payloadCodecs;
  const kept = await put(codecs, payloadConverter.toPayload(INPUT));
  expect(kept).toEqual({ metadata: plain.toPayload(null).metadata, data: expect.anything() });
  expect(await inWorkflow(kept)).toEqual(INPUT);
});

test('a reference whose outline would be larger than itself has none', async () => {
  const note = { request: { ...INPUT.request, metadata: { note: 'x'.repeat(40_000) } } };
  const kept = await put(dataConverter(chain()).payloadCodecs, payloadConverter.toPayload({ ...INPUT, ...note }));
  expect(bytesOf(kept)).toBeLessThan(10_000);
  expect(await inWorkflow(kept)).toEqual({ ...INPUT, ...note });
});

test('where a codec of somebody’s own makes something else of payloads, they have no outline', async () => {
  const reversed = ({ metadata, data }: Payload): Payload => ({
    metadata: metadata ?? null,
    data: Uint8Array.from(data ?? []).reverse(),
  });
  const own: PayloadCodec = {
    encode: async (payloads) => payloads.map(reversed),
    decode: async (payloads) => payloads.map(reversed),
  };
  const withOwn = { ...chain(), payloadCodecs: [own] };
  const client = dataConverter(withOwn);
  const kept = await put(client.payloadCodecs, client.payloadConverter.toPayload(INPUT) as Payload);
  const worker = workerDataConverter(withOwn);
  expect(worker.payloadConverterPath).toContain('json-converter');
  expect(ofWorkflows.fromPayload(await got(worker.payloadCodecs as PayloadCodec[], kept))).toEqual(INPUT);
});

test.each([{ outline: null }, { outline: { value: null, parts: [{}] } }])(
  'an outline that is none: %j',
  async (broken) => {
    const kept = await put(dataConverter(chain()).payloadCodecs, payloadConverter.toPayload(INPUT));
    const data = Buffer.from(JSON.stringify({ ...referenceOf(kept), ...broken }));
    await expect(inWorkflow({ ...kept, data })).rejects.toMatchObject({
      name: 'ExternalStorageError',
      code: 'damaged',
    });
  },
);
