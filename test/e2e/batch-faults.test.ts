import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/index.js';
import { batchText, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group } from '../helpers/holdfast.js';
import type { RunningCli } from '../helpers/processes.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket, type S3Bucket } from '../helpers/s3-bucket.js';
import { openStage, type Stage } from './environment.js';

/** A callback that takes the whole worker down with one row, as a crash in native code would. */
const KILLS_ITS_WORKER = `export function onFailure({ group }) {
  if (group === 'poison') process.kill(process.pid, 'SIGKILL');
}
`;

const CONFIG = {
  model_list: [
    ...group('quick', ['ok']),
    ...group('slow', ['slow(0.1)']),
    ...group('poison', ['400']),
    ...group('hangs', [{ model: 'openai/hang', timeout: 1 }]),
  ],
  router_settings: { ...FAST, num_retries: 1, max_lost_attempts: 1, callbacks: './callbacks.mjs' },
};

/** A worker that is started again whenever it dies. */
function keepWorker(stage: Stage): () => Promise<void> {
  let worker: RunningCli | null = null;
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      worker = await stage.startWorker();
      if (worker.process.exitCode === null && worker.process.signalCode === null) await once(worker.process, 'exit');
    }
  })();
  return async () => {
    isOver = true;
    await worker?.kill();
    await running;
  };
}

describe('a batch with', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(CONFIG);
    await writeFile(join(stage.folder, 'callbacks.mjs'), KILLS_ITS_WORKER);
  });
  afterAll(() => stage.close());

  test('a row that crashes its worker and one that hangs: they fail, all others are answered', async () => {
    const rows = testRows(40, ['quick']).map((row, index) =>
      index === 11 ? { ...row, model: 'poison' } : index === 23 ? { ...row, model: 'hangs' } : row,
    );
    const files = await writeBatch(rows);
    const endWorker = keepWorker(stage);
    const batch = await stage.client.batches.submit({ ...files, mode: 'packed', concurrency: 4, chunkRows: 20 });
    const result = await batch.result();
    await endWorker();
    expect(result).toMatchObject({ state: 'completed with errors', counts: { answered: 38, failed: 2 } });
    expect(await readLines(files.errorsFile)).toMatchObject([
      // The worker may have told how it judged the failure before it died.
      { custom_id: 'row-11', error: { code: expect.stringMatching(/AttemptsLostError|BadRequestError/) } },
      { custom_id: 'row-23', error: { code: 'Timeout' } },
    ]);
    expect(await readLines(files.outputFile)).toHaveLength(38);
  }, 300_000);

  describe.skipIf(skipWithout('python-moto'))('its files in a bucket', () => {
    let s3: S3Bucket;
    beforeAll(async () => {
      s3 = await makeS3Bucket();
      Object.assign(process.env, s3.env);
    });
    afterAll(async () => {
      for (const name of Object.keys(s3.env)) delete process.env[name];
    });

    test('one worker that cannot reach it, one that is killed: each row is answered once', async () => {
      const rows = testRows(120, ['quick', 'slow']);
      const input = `s3://${s3.bucket}/input.jsonl`;
      const output = `s3://${s3.bucket}/out`;
      const storage = openStorage();
      await storage.write(
        input,
        (async function* () {
          yield batchText(rows);
        })(),
      );
      stage.provider.reset();
      const blind = await stage.startWorker([], { ...s3.env, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
      let seeing = await stage.startWorker([], s3.env);
      const batch = await stage.client.batches.submit({ input, output, mode: 'packed', concurrency: 6, chunkRows: 20 });
      for await (const { counts } of batch.follow()) {
        if (counts.answered < 30) continue;
        await seeing.kill();
        seeing = await stage.startWorker([], s3.env);
        break;
      }
      const result = await batch.result();
      expect(result).toMatchObject({ state: 'completed', counts: { answered: 120 } });
      let text = '';
      for await (const block of await storage.read(`${output}/output.jsonl`)) text += String(block);
      const ids = text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
      expect(ids).toEqual(rows.map(({ customId }) => customId));
      expect(blind.output()).toMatch(/cannot (read|write|list) s3:/);
      await seeing.end('SIGTERM');
      await blind.end('SIGTERM');
    }, 300_000);
  });
});
