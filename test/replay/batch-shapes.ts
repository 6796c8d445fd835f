import { BATCH_DEFAULTS } from '../../src/client/batch-client.js';
import { startBatch } from '../../src/core/batch/batch-progress.js';
import { batchFolder, MEMO_SPEC } from '../../src/core/batch/batch.js';
import type { LlmBatchInput } from '../../src/core/batch/llm-batch-input.js';
import { newChunk } from '../../src/core/batch/batch-chunk.js';
import { indexInput } from '../../src/batch/index.js';
import { openStorage, toLocation } from '../../src/storage/index.js';
import { testRows, writeBatch, type TestBatchFiles } from '../helpers/batch.js';
import { withClient } from '../helpers/call-history.js';
import type { TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { endDeliveries } from './action-shapes.js';

let batches = 0;

/** Prompts of its own for each batch: the provider fails once for each. */
const rows = () => {
  batches += 1;
  return testRows(6, ['good', 'again', 'broken']).map((row) => ({ ...row, prompt: `${row.prompt} of ${batches}` }));
};

const submit = ({ client }: TestHoldfast, files: TestBatchFiles, mode: 'packed' | 'workflow') =>
  client.batches.submit({ ...files, mode, concurrency: 2, chunkRows: 3 });

const run = async (holdfast: TestHoldfast, mode: 'packed' | 'workflow'): Promise<string> => {
  const batch = await submit(holdfast, await writeBatch(rows()), mode);
  await batch.result();
  return batch.batchId;
};

/** A batch of whose end a webhook is told. */
async function runTold({ client }: TestHoldfast): Promise<string> {
  const files = await writeBatch(testRows(2, ['good']));
  const batch = await client.batches.submit({ ...files, mode: 'packed', concurrency: 2, chunkRows: 3, webhook: 'ops' });
  await batch.result();
  await endDeliveries(batch.batchId, 1);
  return batch.batchId;
}

/** A batch of which several rows begin and end at about the same time. */
async function runWide({ client }: TestHoldfast): Promise<string> {
  const files = await writeBatch(testRows(30, ['good', 'again']));
  const batch = await client.batches.submit({ ...files, mode: 'workflow', concurrency: 8, chunkRows: 10 });
  await batch.result();
  return batch.batchId;
}

/** A batch that was continued as new, with a chunk behind it. */
async function runContinuedAsNew({ client, taskQueue }: TestHoldfast): Promise<string> {
  const files = await writeBatch(rows());
  const output = toLocation(files.output, '/');
  const input = toLocation(files.input, '/');
  const folder = batchFolder(output);
  const chunkRows = 3;
  const index = await indexInput({ storage: openStorage(), input, folder, chunkRows, settings: {} });
  const spec = {
    ...BATCH_DEFAULTS,
    input,
    output,
    chunkRows,
    settings: {},
    groupConcurrency: {},
    maxTokensTotal: null,
  };
  const batch: LlmBatchInput = {
    spec: { ...spec, mode: 'packed' },
    round: 1,
    expectedSha256: null,
    progress: {
      ...startBatch(spec, Date.now()),
      phase: 'running',
      index,
      cursor: 1,
      chunks: { 0: newChunk(chunkRows) },
    },
  };
  const batchId = `renewed-${Date.now()}`;
  await withClient((temporal) =>
    temporal.workflow.start('llmBatch', {
      args: [batch],
      taskQueue,
      workflowId: batchId,
      memo: { [MEMO_SPEC]: batch.spec },
    }),
  );
  await client.batches.handle(batchId).result();
  return batchId;
}

/** One batch of each shape that a history can take, and the calls of its rows. Each returns a workflow id. */
export const BATCH_SHAPES: Record<string, (holdfast: TestHoldfast) => Promise<string>> = {
  'llm-batch-packed': (holdfast) => run(holdfast, 'packed'),
  'llm-batch-workflow': (holdfast) => run(holdfast, 'workflow'),
  'llm-batch-wide': runWide,
  'llm-batch-told': runTold,
  'llm-batch-renewed': runContinuedAsNew,
  'llm-batch-refused': async (holdfast) => {
    const batch = await submit(holdfast, await writeBatch(testRows(2, ['nobody'])), 'packed');
    await batch.result().catch(() => undefined);
    return batch.batchId;
  },
  'llm-batch-paused': async (holdfast) => {
    const batch = await submit(holdfast, await writeBatch(rows()), 'packed');
    await batch.pause();
    await batch.resume();
    await batch.result();
    return batch.batchId;
  },
  'llm-batch-cancelled': async (holdfast) => {
    const before = holdfast.provider.callCount('hanging-up');
    const batch = await submit(holdfast, await writeBatch(testRows(6, ['hanging'])), 'packed');
    await waitFor(() => holdfast.provider.callCount('hanging-up') > before);
    await batch.cancel();
    await batch.result().catch(() => undefined);
    return batch.batchId;
  },
  // Its history has the timer of its end.
  'llm-batch-expired': async (holdfast) => {
    const files = await writeBatch(testRows(6, ['hanging']));
    const expiresAt = new Date(Date.now() + 4000);
    const batch = await holdfast.client.batches.submit({ ...files, mode: 'packed', expiresAt });
    await batch.result().catch(() => undefined);
    return batch.batchId;
  },
  'llm-call-row-retried': async (holdfast) => `${await run(holdfast, 'packed')}-row-1`,
  'llm-call-row-failed': async (holdfast) => `${await run(holdfast, 'packed')}-row-2`,
  'llm-call-row-alone': async (holdfast) => `${await run(holdfast, 'workflow')}-row-0`,
};
