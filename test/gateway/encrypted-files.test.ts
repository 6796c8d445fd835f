import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { toFile } from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchText, testRows } from '../helpers/batch.js';
import { testKey } from '../helpers/encryption.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { batchEnd, fileLines } from '../helpers/openai-batches.js';

const config = (...ids: string[]) => ({
  model_list: [...group('good'), ...group('bad'), ...group('flaky')],
  router_settings: { ...FAST, num_retries: 1 },
  ...(ids.length > 0 && { encryption: { keys: ids.map(testKey) } }),
});

const refusal = { body: { error: { message: 'planted refusal' } } };

const SCRIPT = {
  'good-up': [{ content: 'planted answer' }],
  'bad-up': [{ status: 400, ...refusal }],
  'flaky-up': [{ status: 500, ...refusal }, { content: 'planted answer' }],
};

const TEXT = batchText(testRows(6, ['good', 'bad', 'flaky']).map((row) => ({ ...row, prompt: 'planted prompt' })));

let files: string;
let opened: TestGateway[] = [];
const open = async (...ids: string[]): Promise<TestGateway> => {
  const gateway = await openGateway(config(...ids), SCRIPT, { files });
  opened.push(gateway);
  return gateway;
};
beforeEach(async () => {
  opened = [];
  files = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
});
afterEach(async () => {
  await Promise.all(opened.map((gateway) => gateway.close()));
  await rm(files, { recursive: true });
});

async function upload(gateway: TestGateway, content: Buffer, name = 'planted name.jsonl') {
  return gateway.openai().files.create({ purpose: 'batch', file: await toFile(content, name) });
}

/** Runs a batch to its end. */
async function run(gateway: TestGateway, inputId: string) {
  const openai = gateway.openai();
  const request = { input_file_id: inputId, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  return batchEnd(openai, await openai.batches.create({ ...request, metadata: { note: 'planted note' } }));
}

/** Files that have a planted text, by their names in the folder. */
async function planted(): Promise<string[]> {
  const entries = await readdir(files, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(paths.length).toBeGreaterThan(5);
  const contents = await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const));
  return contents.filter(([, bytes]) => bytes.includes('planted')).map(([path]) => path.slice(files.length));
}

test('a file, a batch of it and what the batch leaves: nothing is in plain text, and all is read as it was', async () => {
  const one = await open('one');
  for (const content of [Buffer.from(TEXT), gzipSync(TEXT)]) {
    const file = await upload(one, content);
    expect(file).toMatchObject({ bytes: content.length, filename: 'planted name.jsonl' });
    const kept = await one.openai().files.content(file.id);
    expect(kept.headers.get('content-length')).toBe(String(content.length));
    expect(Buffer.from(await kept.arrayBuffer()).equals(content)).toBe(true);
    const batch = await run(one, file.id);
    expect(batch).toMatchObject({ status: 'completed', metadata: { note: 'planted note' } });
    expect(batch.request_counts).toEqual({ total: 6, completed: 4, failed: 2 });
    expect(JSON.stringify(await fileLines(one.openai(), batch.output_file_id!))).toContain('planted answer');
    expect(JSON.stringify(await fileLines(one.openai(), batch.error_file_id!))).toContain('planted refusal');
    const output = await one.openai().files.retrieve(batch.output_file_id!);
    const { length } = await (await one.openai().files.content(output.id)).text();
    expect(output.bytes).toBe(length);
  }
  const refused = await upload(one, Buffer.from('planted nonsense\n'));
  const { errors } = await run(one, refused.id);
  expect(errors?.data?.[0]?.message).toContain('planted');
  expect(await planted()).toEqual([]);
  expect(one.logged.filter((line) => line.includes('planted'))).toEqual([]);
});

test('a gateway without the key of a file says which it is, and loses nothing; with it among others all goes on', async () => {
  const file = await upload(await open('one'), Buffer.from(TEXT));
  const other = await open('two');
  const openai = other.openai({ maxRetries: 0 });
  const told = { status: 503, message: expect.stringContaining('under the key "one"') };
  await expect(openai.files.content(file.id)).rejects.toMatchObject(told);
  await expect(openai.files.list()).rejects.toMatchObject(told);
  await expect(run(other, file.id)).rejects.toMatchObject(told);
  expect(other.logged.some((line) => line.includes('add it to encryption.keys'))).toBe(true);

  const both = await open('two', 'one');
  expect(await (await both.openai().files.content(file.id)).text()).toBe(TEXT);
  expect((await run(both, file.id)).request_counts).toMatchObject({ completed: 4 });
  const { keys } = await both.client.keysInUse({ limit: 1, files: [files] });
  const filesUnder = (id: string | null) => keys.find(({ keyId }) => keyId === id)?.files ?? 0;
  // What is in it, and what is known of it.
  expect(filesUnder('one')).toBe(2);
  expect(filesUnder('two')).toBeGreaterThan(5);
});

test('a record that is damaged is told as a fault of the storage, and nothing of it is in the log', async () => {
  const one = await open('one');
  const { id } = await upload(one, Buffer.from(TEXT));
  await writeFile(join(files, 'key-anonymous', 'files', `${id}.json`), '{"planted');
  const asked = one.openai({ maxRetries: 0 }).files.retrieve(id);
  await expect(asked).rejects.toMatchObject({ status: 503, message: expect.stringContaining('storage') });
  expect(one.logged.some((line) => line.includes('it is damaged'))).toBe(true);
  expect(one.logged.filter((line) => line.includes('planted'))).toEqual([]);
});

test('files of before are read with keys, too', async () => {
  const file = await upload(await open(), Buffer.from(TEXT));
  const later = await open('three');
  expect(await (await later.openai().files.content(file.id)).text()).toBe(TEXT);
  expect(await run(later, file.id)).toMatchObject({ status: 'completed' });
  await later.openai().files.delete(file.id);
});
