import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexInput } from '../../../src/batch/index.js';
import { BATCH_DEFAULTS } from '../../../src/client/batch-client.js';
import { newChunk } from '../../../src/core/batch/batch-chunk.js';
import { startBatch } from '../../../src/core/batch/batch-progress.js';
import { MAX_COMMANDS } from '../../../src/core/batch/batch-step.js';
import { batchFolder, MEMO_SPEC } from '../../../src/core/batch/batch.js';
import type { LlmBatchInput } from '../../../src/core/batch/llm-batch-input.js';
import { openStorage, toLocation } from '../../../src/storage/index.js';
import { readLines, testRows, writeBatch, type TestBatchFiles } from '../../helpers/batch.js';
import { eventNames, withClient } from '../../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../../helpers/holdfast.js';
import { waitFor } from '../../helpers/wait-for.js';

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [...group('good', ['ok']), ...group('held'), ...group('limited', ['429(retry-after=600)'])],
    router_settings: { ...FAST, num_retries: 2 },
  });
});
afterAll(() => holdfast.close());

const submit = (files: TestBatchFiles, options = {}) =>
  holdfast.client.batches.submit({ ...files, mode: 'packed', concurrency: 4, chunkRows: 10, ...options });

describe('a limit of tokens', () => {
  test('that the last rows use up: the batch is completed, also for who follows it', async () => {
    const rows = testRows(40, ['good']);
    const { counts } = await (await submit(await writeBatch(rows))).result();
    const batch = await submit(await writeBatch(rows), { maxTokensTotal: counts.tokens.total });
    let state = '';
    for await (const status of batch.follow()) ({ state } = status);
    expect(state).toBe('completed');
  });

  test('is passed by the rows in flight and no others', async () => {
    // The tokens of all of them are the same.
    const rows = testRows(300, ['good']).slice(100);
    const one = (await (await submit(await writeBatch(rows.slice(0, 1)))).result()).counts.tokens.total;
    holdfast.provider.reset();
    const batch = await submit(await writeBatch(rows), { maxTokensTotal: 60 * one });
    const paused = await waitFor(async () => {
      const status = await batch.status();
      return status.state === 'paused' && status.inFlight === 0 ? status : null;
    });
    expect(paused.counts.answered).toBeGreaterThanOrEqual(60);
    expect(paused.counts.answered).toBeLessThanOrEqual(60 + 4);
    expect(holdfast.provider.callCount()).toBe(paused.counts.answered);
    await batch.cancel();
    await expect(batch.result()).rejects.toThrow('cancelled');
  });
});

describe('a storm', () => {
  test('that is cancelled ends soon, and no task of the batch has more commands than its bound', async () => {
    const files = await writeBatch(testRows(600, ['limited']));
    const batch = await submit(files, { concurrency: 150, chunkRows: 100 });
    await waitFor(
      async () => {
        const { retrying, inFlight } = await batch.status();
        return inFlight === 0 && (retrying ?? 0) >= 300;
      },
      { what: 'the window to be closed by rows that retry' },
    );
    await batch.cancel();
    await expect(batch.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect(await batch.status()).toMatchObject({ state: 'cancelled', counts: { answered: 0, failed: 0 } });
    expect(mostCommands(await eventNames(batch.batchId))).toBeLessThanOrEqual(MAX_COMMANDS + 5);
  }, 180_000);
});

describe('what goes wrong and does not pass', () => {
  test('is tried again, told meanwhile, and ends the batch with the reason; started again, it goes on', async () => {
    const rows = [
      ...testRows(10, ['good']),
      ...testRows(10, ['held']).map((row) => ({ ...row, customId: `held-${row.customId}` })),
    ];
    const files = await writeBatch(rows);
    holdfast.provider.setScript({ 'held-up': 'held' });
    const batch = await submit(files);
    await waitFor(async () => {
      const { chunks, counts } = await batch.status();
      return counts.answered === 10 && chunks.length === 1;
    });
    // Somebody takes the answers away.
    await rm(join(files.output, '.holdfast', 'parts', '000000'), { recursive: true });
    holdfast.provider.setScript({});
    holdfast.provider.release();
    await waitFor(async () => (await batch.status()).reason?.includes('it is tried again'));
    await expect(batch.result()).rejects.toMatchObject({
      kind: 'InternalServerError',
      message: expect.stringContaining('10 of 20 rows of the batch have no end'),
    });
    expect(await (await submit(files)).result()).toMatchObject({ state: 'completed', counts: { answered: 20 } });
    expect(await readLines(files.outputFile)).toHaveLength(20);
  }, 180_000);

  test('rows whose calls Temporal has forgotten are run again', async () => {
    const files = await writeBatch(testRows(4, ['good']));
    const output = toLocation(files.output, '/');
    const input = toLocation(files.input, '/');
    const chunkRows = 10;
    const folder = batchFolder(output);
    const index = await indexInput({ storage: openStorage(), input, folder, chunkRows, settings: {} });
    const more = { chunkRows, settings: {}, groupConcurrency: {}, maxTokensTotal: null, mode: 'workflow' } as const;
    const spec = { ...BATCH_DEFAULTS, ...more, input, output };
    const call = { group: 'good', state: 'found', isCounted: false } as const;
    const chunk = { ...newChunk(0), waiting: 2, calls: { 0: call, 2: call } };
    const batch: LlmBatchInput = {
      spec,
      round: 1,
      expectedSha256: null,
      progress: { ...startBatch(spec, Date.now()), phase: 'running', index, cursor: 1, chunks: { 0: chunk } },
    };
    const batchId = `forgotten-${randomUUID()}`;
    await withClient((temporal) =>
      temporal.workflow.start('llmBatch', {
        args: [batch],
        taskQueue: holdfast.taskQueue,
        workflowId: batchId,
        memo: { [MEMO_SPEC]: spec },
      }),
    );
    expect(await holdfast.client.batches.handle(batchId).result()).toMatchObject({ counts: { answered: 4 } });
  });
});

const NO_COMMAND = /^Workflow(TaskScheduled|TaskStarted|TaskCompleted|TaskTimedOut|TaskFailed)$/;

/** How many events came of the task that had most commands. */
function mostCommands(events: readonly string[]): number {
  let most = 0;
  let commands = 0;
  for (const name of events) {
    if (name === 'WorkflowTaskCompleted') commands = 0;
    else if (/(Scheduled|Initiated|TimerStarted|CancelRequested)$/.test(name) && !NO_COMMAND.test(name)) commands += 1;
    most = Math.max(most, commands);
  }
  return most;
}
