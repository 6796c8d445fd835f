import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../src/dev-server/ports.js';
import { openStorage } from '../../src/storage/index.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket, type S3Bucket } from '../helpers/s3-bucket.js';

/** Stands before a server and cuts each of the first connections after so many bytes of the answer. */
async function startCuttingProxy(target: string, cuts: readonly number[]): Promise<{ server: Server; url: string }> {
  let connections = 0;
  const server = createServer((client) => {
    const limit = cuts[connections] ?? Infinity;
    connections += 1;
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    let sent = 0;
    upstream.on('data', (block: Buffer) => {
      const allowed = block.subarray(0, limit - sent);
      sent += allowed.length;
      client.write(allowed, () => {
        if (sent >= limit) client.destroy();
      });
    });
    client.pipe(upstream);
    client.on('error', () => {}).once('close', () => upstream.destroy());
    upstream.on('error', () => {}).once('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.skipIf(skipWithout('python-moto'))('S3 that fails', () => {
  let s3: S3Bucket;

  beforeAll(async () => {
    s3 = await makeS3Bucket();
  });
  beforeEach(() => {
    for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('a bucket that does not exist is missing, for writers too', async () => {
    const storage = openStorage();
    const missing = { name: 'StorageError', code: 'missing', message: expect.stringContaining('s3://nowhere/x') };
    await expect(storage.read('s3://nowhere/x')).rejects.toMatchObject(missing);
    await expect(storage.write('s3://nowhere/x', Readable.from(['x']))).rejects.toMatchObject(missing);
    await expect(storage.appender('s3://nowhere/x')).rejects.toMatchObject(missing);
  });

  test('a service that cannot be reached is unavailable', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${await freePort()}`);
    const storage = openStorage();
    const unavailable = { code: 'unavailable', message: expect.stringContaining('ECONNREFUSED') };
    await expect(storage.size(`s3://${s3.bucket}/x`)).rejects.toMatchObject(unavailable);
    const appender = openStorage().appender(`s3://${s3.bucket}/x`);
    await expect(appender).rejects.toMatchObject(unavailable);
  });

  test('without credentials it is denied', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('HOME', '/nonexistent');
    await expect(openStorage().size(`s3://${s3.bucket}/x`)).rejects.toMatchObject({ code: 'denied' });
  });

  test('no upload is left open by a write that failed', async () => {
    async function* breaksOff(): AsyncGenerator<string> {
      for (let count = 0; count < 40; count++) yield 'x'.repeat(1_000_000);
      throw new Error('the source broke');
    }
    await expect(openStorage().write(`s3://${s3.bucket}/broken`, breaksOff())).rejects.toThrow('the source broke');
    const client = new S3Client({ forcePathStyle: true });
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }));
    expect(Uploads ?? []).toEqual([]);
    client.destroy();
  });

  test('a read goes on where its connection broke', async () => {
    const content = Array.from({ length: 200_000 }, (_, index) => `line ${index}\n`).join('');
    const location = `s3://${s3.bucket}/long`;
    await openStorage().write(location, Readable.from([content]));
    const { server, url } = await startCuttingProxy(s3.url, [300_000, 10_000, 1_000_000]);
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    const storage = openStorage();
    expect(Buffer.concat(await (await storage.read(location)).toArray()).toString()).toBe(content);
    server.close();
  });

  test('a read whose connection never comes back fails, as unavailable', async () => {
    const location = `s3://${s3.bucket}/long`;
    const { server, url } = await startCuttingProxy(s3.url, [300_000, ...Array.from({ length: 50 }, () => 100)]);
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    const reading = openStorage()
      .read(location)
      .then((stream) => stream.toArray());
    await expect(reading).rejects.toMatchObject({ name: 'StorageError', code: 'unavailable' });
    server.close();
  });
});
