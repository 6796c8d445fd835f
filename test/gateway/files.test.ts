import { readdir } from 'node:fs/promises';
import { BadRequestError, NotFoundError, type OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchText, testRows } from '../helpers/batch.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { uploadText } from '../helpers/openai-batches.js';
import { API_KEYS, KEYS, openForTwo } from '../helpers/two-callers.js';

const MAX_BYTES = 3_000_000;

let root: string;
let gateway: TestGateway;
let openai: OpenAI;
let close: () => Promise<void>;
beforeAll(async () => {
  const config = { model_list: group('good', ['ok']), general_settings: { api_keys: Object.values(API_KEYS) } };
  ({ root, gateway, one: openai, close } = await openForTwo(config, { maxFileBytes: MAX_BYTES }));
});
afterAll(() => close());

const headers = { authorization: `Bearer ${KEYS.one}` };
const post = (form: FormData) => gateway.fetch('/v1/files', { method: 'POST', body: form, headers });

/** Everything that is kept of contents, of whoever. */
const keptContents = async () =>
  (await readdir(root, { recursive: true })).filter((name) => /contents.file-|\.tmp$/.test(name));

describe('a file', () => {
  test('is kept, found, read and removed', async () => {
    const text = batchText(testRows(5, ['good']));
    const file = await uploadText(openai, text);
    const about = { object: 'file', bytes: text.length, filename: 'rows.jsonl', purpose: 'batch', status: 'processed' };
    expect(file).toMatchObject({ id: expect.stringMatching(/^file-/), ...about });
    expect(Math.abs(file.created_at - Date.now() / 1000)).toBeLessThan(600);
    expect(await openai.files.retrieve(file.id)).toEqual(file);
    const content = await openai.files.content(file.id);
    expect(content.headers.get('content-length')).toBe(String(text.length));
    expect(await content.text()).toBe(text);
    expect(await openai.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(openai.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
    await expect(openai.files.content(file.id)).rejects.toThrow(NotFoundError);
    await expect(openai.files.delete(file.id)).rejects.toThrow(NotFoundError);
    expect(await keptContents()).toEqual([]);
  });

  test('is served without /v1, too', async () => {
    const client = gateway.openai({ apiKey: KEYS.one, baseURL: gateway.url });
    const file = await uploadText(client, '{}\n');
    expect(await openai.files.retrieve(file.id)).toEqual(file);
    await client.files.delete(file.id);
  });

  test('may be empty, and named in any way', async () => {
    const form = new FormData();
    form.append('file', new Blob([]), '../../böse/"name".jsonl');
    form.append('purpose', 'batch');
    const file = (await (await post(form)).json()) as { id: string; bytes: number };
    expect(file).toMatchObject({ bytes: 0 });
    expect(await (await openai.files.content(file.id)).text()).toBe('');
    await openai.files.delete(file.id);
  });

  test('of another key is none at all', async () => {
    const file = await uploadText(openai, '{}\n');
    const other = gateway.openai({ apiKey: KEYS.two });
    const asked = [other.files.retrieve(file.id), other.files.content(file.id), other.files.delete(file.id)];
    await Promise.all(asked.map((each) => expect(each).rejects.toThrow(NotFoundError)));
    expect((await other.files.list()).data).toEqual([]);
    await openai.files.delete(file.id);
  });

  test.each(['file-x', 'file-..', '..%2f..%2fetc', `file-${'a'.repeat(25)}`, `file-${'a'.repeat(25)}-output`])(
    'that is none: %s',
    async (id) => {
      for (const path of [id, `${id}/content`]) {
        expect((await gateway.fetch(`/v1/files/${path}`, { headers })).status).toBe(404);
      }
    },
  );
});

test('the list comes in pages, newest first', async () => {
  const made: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    made.push((await uploadText(openai, '{}\n')).id);
    // Ids of the same millisecond come in any order.
    const now = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(now);
  }
  const listed: string[] = [];
  for await (const { id } of openai.files.list({ limit: 2 })) listed.push(id);
  expect(listed).toEqual(made.toReversed());
  const oldest = await openai.files.list({ limit: 1, order: 'asc', purpose: 'batch' });
  expect(oldest.data.map(({ id }) => id)).toEqual(made.slice(0, 1));
  expect(oldest.has_more).toBe(true);
  expect((await openai.files.list({ purpose: 'batch_output' })).data).toEqual([]);
  expect((await openai.files.list({ purpose: 'assistants' })).data).toEqual([]);
  for (const query of [{ limit: 0 }, { after: 'file-x' }, { order: 'up' as 'asc' }]) {
    await expect(openai.files.list(query)).rejects.toThrow(BadRequestError);
  }
  await Promise.all(made.map((id) => openai.files.delete(id)));
});

describe('an upload that is not taken leaves nothing', () => {
  const form = (fields: Record<string, string | Blob>) => {
    const made = new FormData();
    for (const [name, value] of Object.entries(fields)) made.append(name, value);
    return made;
  };
  const rows = new Blob(['{}\n']);
  const twoFiles = form({ purpose: 'batch', file: rows });
  twoFiles.append('file', rows);

  test.each<[what: string, form: FormData, message: string]>([
    ['no purpose', form({ file: rows }), 'purpose: expected'],
    ['another purpose', form({ file: rows, purpose: 'assistants' }), 'purpose: expected'],
    ['no file', form({ purpose: 'batch' }), 'file: missing'],
    ['a text for a file', form({ purpose: 'batch', file: 'text' }), 'file: missing'],
    ['two files', twoFiles, 'one file per upload'],
    ['a file by another name', form({ purpose: 'batch', image: rows }), 'image: expected no other file'],
  ])('%s', async (_, body, message) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(message);
    expect(await keptContents()).toEqual([]);
  });

  test('no form', async () => {
    const json = await gateway.fetch('/v1/files', { json: { purpose: 'batch' }, headers });
    expect(json.status).toBe(415);
    expect(await json.text()).toContain('send multipart/form-data');
  });

  test('a form that breaks off', async () => {
    const body = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const response = await gateway.fetch('/v1/files', { method: 'POST', body, headers: { ...headers, ...type } });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('no multipart/form-data that can be read');
    expect(await keptContents()).toEqual([]);
  });

  test('one that is too large', async () => {
    const response = await post(form({ purpose: 'batch', file: new Blob(['x'.repeat(MAX_BYTES + 1)]) }));
    expect(response.status).toBe(413);
    expect(await response.text()).toContain(`the file is larger than ${MAX_BYTES} bytes`);
    expect(await keptContents()).toEqual([]);
  });

  test('but one that is just as large as it may be is kept', async () => {
    const response = await post(form({ purpose: 'batch', file: new Blob(['x'.repeat(MAX_BYTES)]) }));
    const { id, bytes } = (await response.json()) as { id: string; bytes: number };
    expect(bytes).toBe(MAX_BYTES);
    await openai.files.delete(id);
  });

  test('one whose client goes away', async () => {
    const leave = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        stream.enqueue(Buffer.from('--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc'));
      },
    });
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const sent = { method: 'POST', body, duplex: 'half' as const, signal: leave.signal };
    const asked = gateway.fetch('/v1/files', { ...sent, headers: { ...headers, ...type } });
    await expect.poll(keptContents).toHaveLength(1);
    leave.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(keptContents).toEqual([]);
  });
});

test('a gateway that was not told where files are says so', async () => {
  const other = await openGateway({ model_list: group('good', ['ok']) });
  for (const path of ['/v1/files', '/v1/batches']) {
    const response = await other.fetch(path);
    expect(response.status).toBe(501);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.text()).toContain('start the gateway with --files');
  }
  await other.close();
});

test('without keys, a web page of whoever cannot leave files here', async () => {
  const open = await openGateway({ model_list: group('good', ['ok']) }, {}, { files: root });
  const form = new FormData();
  form.append('file', new Blob(['{}\n']), 'a');
  form.append('purpose', 'batch');
  const sent = { method: 'POST', body: form };
  expect((await open.fetch('/v1/files', { ...sent, headers: { origin: 'http://page.example' } })).status).toBe(403);
  expect((await open.fetch('/v1/files', sent)).status).toBe(200);
  await open.close();
});
