import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLines, testRows, writeBatch } from '../helpers/batch.js';
import { group } from '../helpers/holdfast.js';
import { startCli } from '../helpers/processes.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStageWithServer, type StageWithServer } from './environment.js';

describe.skipIf(skipWithout('temporal-cli'))('who follows a batch', () => {
  let stage: StageWithServer;
  beforeAll(async () => {
    stage = await openStageWithServer({ model_list: group('slow') }, { 'slow-up': 'okx6,held' });
  });
  afterAll(() => stage.close());

  test('is told that there is no worker, or no server, and follows it again when they are back', async () => {
    const { input, output, outputFile } = await writeBatch(testRows(60, ['slow']));
    const place = ['--address', stage.server().address, '--task-queue', stage.taskQueue];
    const follower = startCli(['batch', 'run', input, '--out', output, '--concurrency', '3', ...place]);
    await follower.said(`no worker polls task queue "${stage.taskQueue}": the batch waits for one`);
    await stage.workHere();
    await follower.said('runs 60 rows, workflow, 3 at a time');
    await waitFor(() => stage.provider.callCount() === 9);

    await stage.server().kill();
    await follower.said(/no Temporal server answers at .*; the batch is followed again when it is back/);
    await stage.restartServer();
    stage.provider.setScript({ 'slow-up': 'ok' });
    stage.provider.release();
    await follower.said('completed: 60 of 60 rows answered, 0 failed');
    expect(await follower.ended()).toBe(0);
    expect(await readLines(outputFile)).toHaveLength(60);
  });
});
