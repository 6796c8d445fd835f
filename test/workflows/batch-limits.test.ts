import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProblems } from '../../src/batch/index.js';
import { batchFolder } from '../../src/core/batch/batch.js';
import { openStorage } from '../../src/storage/index.js';
import { answerOf, readLines, submitToExpire, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';

/** More than goes through Temporal, and than a line of an input may have. */
const LARGE_BYTES = 7_000_000;

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [
      ...group('good', ['ok']),
      ...group('other', ['ok']),
      ...group('stuck', ['hang']),
      ...group('large', [`large(${LARGE_BYTES})`]),
      ...group('late', [`500,large(${LARGE_BYTES})`]),
    ],
    router_settings: {
      ...FAST,
      num_retries: 0,
      model_group_alias: { nick: 'good' },
      model_group_retry_policy: { late: { InternalServerErrorRetries: 1 } },
    },
  });
});
afterAll(() => holdfast.close());

describe('what the rows may ask for', () => {
  const allowed = { operation: 'chat.completions', groups: ['good'] } as const;

  test('a row that asks for more is a problem of the input', async () => {
    const more = testRows(1, ['good'], { fallbacks: ['other'] }).map((row) => ({ ...row, customId: 'fallback' }));
    const files = await writeBatch([...testRows(3, ['good', 'nick', 'other']), ...more]);
    holdfast.provider.reset();
    const batch = await holdfast.client.batches.submit({ ...files, allowed });
    await expect(batch.result()).rejects.toThrow('2 rows of');
    const { spec } = await holdfast.client.batches.find(batch.batchId);
    const problems = await readProblems({ storage: openStorage(), folder: batchFolder(spec.output) });
    const problem = 'body.model: the batch may not ask for model group "other"';
    expect(problems).toEqual([
      { line: 3, custom_id: 'row-2', problem },
      { line: 4, custom_id: 'fallback', problem },
    ]);
    expect(holdfast.provider.callCount()).toBe(0);
  });

  test('all of them for one operation', async () => {
    const files = await writeBatch(testRows(2, ['good']));
    const wrong = await holdfast.client.batches.submit({ ...files, allowed: { operation: 'embeddings' } });
    await expect(wrong.result()).rejects.toThrow('2 rows of');
    const right = await holdfast.client.batches.submit({ ...files, output: `${files.output}-2`, allowed });
    await expect(right.result()).resolves.toMatchObject({ state: 'completed', rows: 2 });
  });
});

test.each(['packed', 'workflow'] as const)('an answer of 7 MB is kept, also that of a retry: %s', async (mode) => {
  const files = await writeBatch(testRows(2, ['large', 'late']));
  const batch = await holdfast.client.batches.submit({ ...files, mode });
  expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 2, failed: 0 } });
  const lines = await readLines(files.outputFile);
  expect(lines.map((line) => (answerOf(line)?.length ?? 0) > LARGE_BYTES / 2)).toEqual([true, true]);
});

test('a batch whose time is over: what is done is kept', async () => {
  const ended = (['packed', 'workflow'] as const).map(async (mode) => {
    const { batch, outputFile } = await submitToExpire(holdfast.client, { mode });
    await expect(batch.result()).rejects.toMatchObject({
      kind: 'Timeout',
      message: expect.stringContaining('the batch was stopped when its time was over'),
    });
    expect((await holdfast.client.batches.find(batch.batchId)).state).toBe('failed');
    expect(await readLines(outputFile)).toHaveLength(1);
  });
  await Promise.all(ended);
});
