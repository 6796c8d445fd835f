import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { withFileLock } from '../../src/dev-server/file-lock.js';
import { freePort } from '../../src/dev-server/ports.js';
import { locate } from './requirements.js';
import { waitFor } from './wait-for.js';

const PROGRAM = fileURLToPath(new URL('moto_server.py', import.meta.url));

export interface S3Bucket {
  /** Of its server. */
  readonly url: string;
  readonly bucket: string;
  /** What makes a process use the server: endpoint, region, credentials that mean nothing. */
  readonly env: Readonly<Record<string, string>>;
}

/** A bucket of its own, on the S3 server of the run: whoever is first starts that. Needs `python-moto`. */
export async function makeS3Bucket(): Promise<S3Bucket> {
  const url = await serverOfRun();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials });
  const bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return {
    url,
    bucket,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  };
}

/** Its address stands in a file of the run's folder. */
function serverOfRun(): Promise<string> {
  const file = join(dirname(inject('workflowBundlePath')), 's3-server');
  return withFileLock(`${file}.lock`, async () => {
    const running = await readFile(file, 'utf8').catch(() => null);
    if (running !== null) return running;
    const url = await startServer();
    await writeFile(file, url);
    return url;
  });
}

/** It serves all processes of the run, and ends with the one that started them. */
async function startServer(): Promise<string> {
  const port = await freePort();
  const args = [PROGRAM, String(process.ppid), '-H', '127.0.0.1', '-p', String(port)];
  const child = spawn(locate('python-moto') ?? '', args, { stdio: 'ignore', detached: true });
  child.unref();
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`moto's server exited with ${child.exitCode}`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  };
  await waitFor(answers, { what: 'the S3 server' });
  return url;
}
