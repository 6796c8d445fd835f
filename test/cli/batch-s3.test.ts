import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openStorage } from '../../src/storage/index.js';
import { batchText, testRows } from '../helpers/batch.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket, type S3Bucket } from '../helpers/s3-bucket.js';
import { runCli } from './run-cli.js';

describe.skipIf(skipWithout('python-moto'))('a batch in a bucket', () => {
  let s3: S3Bucket;
  let holdfast: TestHoldfast;
  beforeAll(async () => {
    s3 = await makeS3Bucket();
    // The worker runs in this process.
    for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
    holdfast = await openHoldfast({ model_list: group('good', ['ok']) });
  });
  afterAll(async () => {
    await holdfast.close();
    vi.unstubAllEnvs();
  });

  const where = () => ['--address', inject('temporalAddress'), '--task-queue', holdfast.taskQueue];

  test('takes standard input, is found by its folder, and is read without a server', async () => {
    const output = `s3://${s3.bucket}/answers`;
    const ran = await runCli(['batch', 'run', '-', '--out', `${output}/`, ...where()], {
      input: batchText(testRows(7, ['good'])),
    });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`\noutput   ${output}/output.jsonl\n`) });
    const status = await runCli(['batch', 'status', output, '--json', ...where()]);
    expect(JSON.parse(status.stdout)).toMatchObject({ spec: { input: `${output}/.holdfast/input.jsonl`, output } });
    const results = await runCli(['batch', 'results', output, '--json', '--address', 'localhost:1']);
    expect(JSON.parse(results.stdout)).toMatchObject({
      rows: 7,
      answered: 7,
      files: { errors: `${output}/errors.jsonl` },
    });
  });

  test('has its folder for itself, and must not change once it is completed', async () => {
    const away = `s3://${s3.bucket}/rows.jsonl`;
    const storage = openStorage();
    const put = async (text: string) => storage.write(away, Readable.from([text]));
    const args = ['batch', 'run', away, '--out', `s3://${s3.bucket}/shared`, ...where()];
    const run = (id: string) => runCli([...args, '--id', `${id}-${holdfast.taskQueue}`]);
    await put(batchText(testRows(3, ['good'])));
    const ids = ['one', 'two', 'three'];
    const ends = await Promise.all(ids.map(run));
    const refused = ends.filter(({ code }) => code === 2);
    expect(refused).toHaveLength(2);
    const winner = ids[ends.findIndex(({ code }) => code === 0)] ?? '';
    for (const { stderr } of refused) {
      expect(stderr).toContain(`s3://${s3.bucket}/shared: this folder is that of batch ${winner}-`);
    }
    await put(batchText(testRows(4, ['good'])));
    const again = await run(winner);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining(`${away} has changed since batch`) });
  });
});
