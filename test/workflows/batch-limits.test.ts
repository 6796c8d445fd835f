import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProblems } from '../../src/batch/index.js';
import { batchFolder } from '../../src/core/batch/batch.js';
import { openStorage } from '../../src/storage/index.js';
import { readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [...group('good', ['ok']), ...group('other', ['ok']), ...group('stuck', ['hang'])],
    router_settings: { ...FAST, num_retries: 0, model_group_alias: { nick: 'good' } },
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

test('a batch whose time is over: what is done is kept', async () => {
  holdfast.provider.reset();
  const expiresAt = new Date(Date.now() + 12_000);
  const ended = (['packed', 'workflow'] as const).map(async (mode) => {
    const files = await writeBatch(testRows(2, ['good', 'stuck']));
    const batch = await holdfast.client.batches.submit({ ...files, mode, expiresAt });
    await expect(batch.result()).rejects.toMatchObject({
      kind: 'Timeout',
      message: expect.stringContaining('the batch was stopped when its time was over'),
    });
    expect((await holdfast.client.batches.find(batch.batchId)).state).toBe('failed');
    expect(await readLines(files.outputFile)).toHaveLength(1);
  });
  await waitFor(() => holdfast.provider.callCount() === 4);
  await Promise.all(ended);
});
