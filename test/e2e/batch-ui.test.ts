import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BatchHandle } from '../../src/client.js';
import { count, doneRows, percentDone } from '../../src/core/batch/batch-text.js';
import type { BatchStatus } from '../../src/core/batch/batch.js';
import type { Script } from '../../src/mock-provider/index.js';
import { batchText, testRows, type TestRow } from '../helpers/batch.js';
import { picture } from '../helpers/browser.js';
import { group } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { collect, openUiStage, PAGES, type UiStage } from './ui-stage.js';

const CONFIG = {
  model_list: ['gpt-4o-mini', 'claude-sonnet', 'o3'].flatMap((name) => group(name, [name])),
  router_settings: { retry_policy: { RateLimitErrorRetries: 1000 } },
};

/** The provider limits one model, for as long as it is told to, and does not know another. */
const LIMITED: Script = { 'gpt-4o-mini': 'ok', 'claude-sonnet': '429(retry-after=6)', o3: '404' };
const UNLIMITED: Script = { ...LIMITED, 'claude-sonnet': 'ok' };

const ID = 'questions';
const CONCURRENCY = 20;
const CHUNK_ROWS = 40;

/**
 * Each chunk has 14 rows that are limited, and once 40 rows retry no other is begun. How many run before depends on which
 * ends first; the rest is left.
 */
const ROWS = testRows(12 * CHUNK_ROWS, ['gpt-4o-mini']).map((row, index): TestRow => {
  if (index < 6) return { ...row, model: 'o3' };
  return index % CHUNK_ROWS >= 26 ? { ...row, model: 'claude-sonnet' } : row;
});

describe.skipIf(skipWithout('chromium', 'temporal-cli'))('a batch in the Temporal UI', PAGES, () => {
  let stage: UiStage;
  let batch: BatchHandle;
  let stuck: BatchStatus;

  beforeAll(async () => {
    stage = await openUiStage(CONFIG, LIMITED);
    batch = await submit(ID, ROWS);
    stuck = await waitFor(
      async () => {
        const now = await batch.status();
        const retrying = now.retrying ?? 0;
        const hasLeftRows = doneRows(now) + retrying < ROWS.length;
        return retrying >= 40 && now.counts.failed === 6 && now.chunks.length === 0 && hasLeftRows ? now : null;
      },
      { what: 'all rows of the chunks that were begun to be answered, failed or retrying' },
    );
  }, PAGES.timeout);
  // While nobody looks, nothing has to be drawn.
  afterEach(() => stage.leave());
  afterAll(() => stage.close());

  const submit = async (batchId: string, rows: readonly TestRow[]) => {
    const input = join(stage.folder, `${batchId}.jsonl`);
    await writeFile(input, batchText(rows));
    const output = outputOf(batchId);
    const flow = { mode: 'packed', concurrency: CONCURRENCY, chunkRows: CHUNK_ROWS } as const;
    return stage.client.batches.submit({ input, output, batchId, ...flow });
  };
  const outputOf = (batchId: string) => join(stage.folder, `${batchId}-out`);

  /** The figures on the page of a batch. */
  const figures = async (batchId = ID) => {
    await stage.openWorkflow(batchId, 'User Metadata');
    const rows = await stage.detailRows('answered');
    return Object.fromEntries(rows.map(([name, value]) => [name, value])) as Record<string, string>;
  };

  const doneText = (status: BatchStatus) =>
    `${count(doneRows(status))} of 480 rows, ${percentDone(doneRows(status), ROWS.length)} %`;

  test('while it waits for its provider, shows how far it is, why it waits, and what failed', async () => {
    expect(await figures()).toEqual({
      state: 'running',
      done: doneText(stuck),
      answered: count(stuck.counts.answered),
      failed: '6: 6 × NotFoundError',
      retrying: `${stuck.retrying}; no other row is begun while 40 or more retry`,
      'in flight': '0 of 20',
      tokens: count(stuck.counts.tokens.total),
      mode: 'packed',
      output: outputOf(ID),
    });
    await picture(stage.page, 'batch');
    await stage.openWorkflow(ID);
    await stage.visible('Running', new RegExp(String.raw`^row \d+ of ${ID}: row-\d+$`));
  });

  test('shows its search attributes, and they are true although nothing happens any more', async () => {
    await waitFor(
      async () => {
        const [listed] = await collect(stage.client.batches.list());
        return listed?.answered === stuck.counts.answered && listed.failed === 6;
      },
      { what: 'the figures in the list of workflows' },
    );
    await stage.openWorkflow(ID, 'Search Attributes');
    const { answered, failed } = stuck.counts;
    const shown = {
      HoldfastBatch: ID,
      HoldfastRows: 480,
      HoldfastRowsAnswered: answered,
      HoldfastRowsFailed: failed,
    };
    for (const [name, value] of Object.entries(shown)) await stage.visible(`"${name}": ${JSON.stringify(value)}`);
  });

  test.each<[found: string, query: string, type: string, listed: number]>([
    ['batches with failed rows', 'WorkflowType="llmBatch" AND HoldfastRowsFailed > 0', 'llmBatch', 1],
    ['its rows that failed', `HoldfastBatch="${ID}" AND HoldfastOutcome="failed"`, 'llmCall', 6],
    ['its rows that retry', `HoldfastBatch="${ID}" AND ExecutionStatus="Running"`, 'llmCall', CONCURRENCY],
  ])('the list finds %s', async (_, query, type, listed) => {
    await stage.openList(query);
    await waitFor(async () => (await stage.row(type).count()) === listed, { what: `${listed} rows of the list` });
  });

  test('paused, shows the reason', async () => {
    await batch.pause('the provider is asked for a higher limit');
    const { state, done, retrying } = await figures();
    expect({ state, done, retrying }).toEqual({
      state: 'paused: the provider is asked for a higher limit',
      done: doneText(stuck),
      retrying: `${stuck.retrying}`,
    });
  });

  test('at its end, shows the final figures', async () => {
    stage.provider.setScript(UNLIMITED);
    await batch.resume();
    const { counts } = await batch.result();
    expect(await figures()).toMatchObject({
      state: 'completed with errors',
      done: '480 of 480 rows, 100 %',
      answered: '474',
      failed: '6: 6 × NotFoundError',
      retrying: '0',
      'in flight': '0 of 20',
      tokens: count(counts.tokens.total),
    });
    await stage.page.getByRole('tab', { name: 'History' }).click();
    await stage.visible('Completed', '"state": "completed with errors"');
  });

  test('whose rows cannot be run, says that it failed, and why', async () => {
    const refused = await submit('refused', testRows(3, ['nobody']));
    await expect(refused.result()).rejects.toThrow('cannot be run');
    expect(await figures('refused')).toMatchObject({ state: 'failed', done: '0 of 3 rows, 0 %' });
    await stage.page.getByRole('tab', { name: 'History' }).click();
    await stage.visible('Failed', /3 rows of .*refused\.jsonl cannot be run/);
  });

  test('that was cancelled says so', async () => {
    stage.provider.setScript(LIMITED);
    const cancelled = await submit('cancelled', testRows(3, ['claude-sonnet']));
    await waitFor(async () => (await cancelled.status()).retrying === 3);
    await cancelled.cancel();
    await expect(cancelled.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect(await figures('cancelled')).toMatchObject({ state: 'cancelled', retrying: '0' });
  });
});
