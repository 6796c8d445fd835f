import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { pythonProgram } from '../../scripts/python/environments.js';
import { freePort } from '../../src/dev-server/ports.js';
import { waitFor } from './wait-for.js';

export interface S3Server {
  readonly url: string;
  readonly bucket: string;
  /** What makes a process use the server: endpoint, region, credentials that mean nothing. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** An S3 server with an empty bucket. Needs `python-moto`. */
export async function startS3Server(): Promise<S3Server> {
  const program = pythonProgram('moto', 'moto_server');
  if (program === undefined) throw new Error('no moto_server: run npm run python-env -- moto');
  const port = await freePort();
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`moto_server exited with ${child.exitCode}`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  };
  await waitFor(answers, { what: 'the S3 server' });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials });
  const bucket = 'batches';
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
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
