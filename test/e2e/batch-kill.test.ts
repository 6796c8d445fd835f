import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { group } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStageWithServer, type StageWithServer } from './environment.js';

const CONFIG = {
  model_list: [...group('quick', ['ok']), ...group('slow', ['slow(0.1)']), ...group('flaky', ['500,ok'])],
  router_settings: { num_retries: 2, max_retry_delay: 1 },
};

const CONCURRENCY = 20;
/** Of workers. */
const KILLS = 2;

describe.skipIf(skipWithout('temporal-cli'))('processes that are killed during a batch', () => {
  let stage: StageWithServer;
  beforeAll(async () => {
    stage = await openStageWithServer(CONFIG);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  test.each([
    ['packed', 1_000, 200],
    // Each row is a workflow.
    ['workflow', 150, 25],
  ] as const)(
    '%s: every row is answered once, in order, whatever is killed',
    { timeout: 1_800_000 },
    async (mode, count, part) => {
      // One row in twenty needs a retry; as many are slow, so that kills meet requests in flight.
      const models = Array.from({ length: 20 }, (_, index) => (index === 3 ? 'flaky' : index === 7 ? 'slow' : 'quick'));
      const rows = testRows(count, models);
      const files = await writeBatch(rows);
      const options = { ...files, mode, concurrency: CONCURRENCY, chunkRows: 100 };
      const first = await stage.startWorker();
      const batch = await stage.client.batches.submit(options);
      const asked = (requests: number) =>
        waitFor(() => stage.provider.callCount() >= requests, { what: `${requests} requests`, timeoutMs: 900_000 });

      await asked(part);
      await first.kill();
      const second = await stage.startWorker();
      await asked(2 * part);
      await stage.server().kill();
      await sleep(Math.random() * 500);
      await stage.restartServer();
      await asked(3 * part);
      await second.kill();
      await stage.workHere();

      const result = await batch.result();
      expect(result).toMatchObject({ state: 'completed', counts: { answered: count, failed: 0 } });
      const lines = await readLines(files.outputFile);
      expect(lines.map(({ custom_id }) => custom_id)).toEqual(rows.map(({ customId }) => customId));
      rows.forEach(({ prompt }, index) => expect(answerOf(lines[index])).toBe(`Echo: ${prompt}`));
      const faults = rows.filter(({ model }) => model === 'flaky').length;
      expect(stage.provider.callCount()).toBeLessThanOrEqual(count + faults + KILLS * 2 * CONCURRENCY);
    },
  );
});
