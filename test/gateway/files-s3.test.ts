import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { ConflictError, NotFoundError, type OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStorage } from '../../src/storage/index.js';
import { batchText, testRows } from '../helpers/batch.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { batchEnd, createBatch, fileLines, uploadText } from '../helpers/openai-batches.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket, type S3Bucket } from '../helpers/s3-bucket.js';
import { waitFor } from '../helpers/wait-for.js';

/** More than one part of an upload. */
const MAX_BYTES = 20_000_000;

const CONFIG = {
  model_list: [...group('good', ['ok']), ...group('bad', ['400']), ...group('stuck', ['hang'])],
  router_settings: FAST,
};

describe.skipIf(skipWithout('python-moto'))('files and batches in a bucket', () => {
  let s3: S3Bucket;
  let gateway: TestGateway;
  let openai: OpenAI;
  beforeAll(async () => {
    s3 = await makeS3Bucket();
    // Gateway and worker run in this process.
    for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
    gateway = await openGateway(CONFIG, {}, { files: `s3://${s3.bucket}/clients`, maxFileBytes: MAX_BYTES });
    openai = gateway.openai();
  });
  afterAll(async () => {
    await gateway.close();
    vi.unstubAllEnvs();
  });

  /** The contents of uploads in the bucket, of whoever. */
  const keptContents = async (): Promise<string[]> => {
    const kept: string[] = [];
    for await (const location of openStorage().list(`s3://${s3.bucket}`)) kept.push(location);
    return kept.filter((location) => location.includes('/contents/'));
  };

  /** Uploads that were begun, and neither completed nor given up. */
  const openUploads = async (): Promise<number> => {
    const client = new S3Client({ forcePathStyle: true });
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }));
    client.destroy();
    return Uploads.length;
  };

  test('a batch from its upload to its output, until nothing of its files is left', async () => {
    const batch = await batchEnd(openai, await createBatch(openai, batchText(testRows(6, ['good', 'good', 'bad']))));
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 6, completed: 4, failed: 2 } });
    const output = await fileLines(openai, batch.output_file_id!);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(['row-0', 'row-1', 'row-3', 'row-4']);
    expect(output[0]).toMatchObject({ error: null, response: { status_code: 200 } });
    const errors = await fileLines(openai, batch.error_file_id!);
    expect(errors.map(({ custom_id }) => custom_id)).toEqual(['row-2', 'row-5']);
    expect(errors[0]).toMatchObject({ error: { code: 'BadRequestError' } });

    expect((await openai.batches.list()).data).toEqual([batch]);
    const { input_file_id: input, output_file_id, error_file_id } = batch;
    const listed = async () => (await openai.files.list()).data.map(({ id }) => id);
    expect(new Set(await listed())).toEqual(new Set([input, output_file_id, error_file_id]));
    for (const id of [input, output_file_id!, error_file_id!]) {
      expect(await openai.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
      await expect(openai.files.content(id)).rejects.toThrow(NotFoundError);
    }
    expect(await listed()).toEqual([]);
    expect(await keptContents()).toEqual([]);
    expect(await openai.batches.retrieve(batch.id)).toEqual({ ...batch, output_file_id: null, error_file_id: null });
  });

  test('a batch is cancelled: what is done is kept; its input stays as long as it is needed', async () => {
    const created = await createBatch(openai, batchText(testRows(2, ['good', 'stuck'])));
    await waitFor(async () => (await openai.batches.retrieve(created.id)).request_counts?.completed === 1);
    await expect(openai.files.delete(created.input_file_id)).rejects.toThrow(ConflictError);
    await openai.batches.cancel(created.id);
    const batch = await batchEnd(openai, created);
    expect(batch).toMatchObject({ status: 'cancelled', error_file_id: null });
    expect(await fileLines(openai, batch.output_file_id!)).toHaveLength(1);
    expect(await openai.files.delete(created.input_file_id)).toMatchObject({ deleted: true });
  });

  test('a batch whose file is no JSONL fails, with the line', async () => {
    const batch = await batchEnd(openai, await createBatch(openai, 'no JSON\n'));
    const problem = { line: 1, message: expect.stringContaining('no valid JSON') };
    expect(batch).toMatchObject({ status: 'failed', output_file_id: null, errors: { data: [problem] } });
    await openai.files.delete(batch.input_file_id);
  });

  test('a file of several parts is kept; one that is larger than it may be leaves nothing', async () => {
    const text = 'x'.repeat(MAX_BYTES);
    const { id, bytes } = await uploadText(openai, text);
    expect(bytes).toBe(MAX_BYTES);
    expect((await (await openai.files.content(id)).text()) === text).toBe(true);
    await openai.files.delete(id);
    await expect(uploadText(openai, `${text}x`)).rejects.toMatchObject({
      status: 413,
      message: expect.stringContaining(`the file is larger than ${MAX_BYTES} bytes`),
    });
    expect(await keptContents()).toEqual([]);
    expect(await openUploads()).toBe(0);
  });

  test('nor does one whose client goes away', async () => {
    const leave = new AbortController();
    const head = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(Buffer.from(head + 'x'.repeat(MAX_BYTES))),
    });
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const sent = { method: 'POST', body, headers, duplex: 'half' as const, signal: leave.signal };
    const asked = gateway.fetch('/v1/files', sent);
    await waitFor(async () => (await openUploads()) === 1);
    leave.abort();
    await expect(asked).rejects.toThrow();
    await waitFor(async () => (await openUploads()) === 0);
    expect(await keptContents()).toEqual([]);
  });

  test('without its bucket, a client is told so, and the log which one it is', async () => {
    const lost = await openGateway(CONFIG, {}, { files: 's3://nowhere/clients' });
    const client = lost.openai();
    const told = { status: 503, message: expect.stringContaining("the storage of this gateway's files is missing") };
    const asked = [
      uploadText(client, '{}\n'),
      uploadText(client, 'x'.repeat(MAX_BYTES)),
      client.files.list(),
      client.batches.list(),
    ];
    await Promise.all(asked.map((each) => expect(each).rejects.toMatchObject(told)));
    expect(lost.logged.join('')).toContain('s3://nowhere/clients');
    await lost.close();
  });
});
