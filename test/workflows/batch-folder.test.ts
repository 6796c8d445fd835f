import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [...group('good', ['ok']), ...group('often', ['400,ok'])],
    router_settings: FAST,
  });
});
afterAll(() => holdfast.close());

test('of batches that want one folder at once, one gets it, and each row is run once', async () => {
  const { batches } = holdfast.client;
  const files = await writeBatch(testRows(6, ['good']));
  holdfast.provider.reset();
  const ids = Array.from({ length: 5 }, (_, number) => `${number}-${holdfast.taskQueue}`);
  const all = await Promise.all(ids.map((batchId) => batches.submit({ ...files, batchId })));
  const ends = await Promise.allSettled(all.map((batch) => batch.result()));
  const winner = ids[ends.findIndex(({ status }) => status === 'fulfilled')];
  const refused = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason as Error);
  expect(refused).toHaveLength(4);
  for (const error of refused) {
    expect(error).toMatchObject({
      kind: 'BadRequestError',
      message: expect.stringContaining(`is that of batch ${winner}`),
    });
  }
  expect(holdfast.provider.callCount()).toBe(6);
  expect(await readLines(files.outputFile)).toHaveLength(6);
});

test('a batch that Temporal has forgotten goes on in its folder, until every row has an answer', async () => {
  const { batches } = holdfast.client;
  const files = await writeBatch(testRows(6, ['good', 'often']));
  const idOf = (name: string) => `${name}-${holdfast.taskQueue}`;
  // Temporal knows nothing of a batch that has the folder: as if it had forgotten it.
  const submit = async (name: string) => {
    await writeFile(join(files.output, '.holdfast', 'batch.json'), JSON.stringify({ batchId: idOf(name) }));
    return batches.submit({ ...files, batchId: idOf(name) });
  };
  holdfast.provider.reset();
  const first = await batches.submit({ ...files, batchId: idOf('first') });
  expect(await first.result()).toMatchObject({ counts: { answered: 3, failed: 3 } });
  expect(await (await submit('second')).result()).toMatchObject({ counts: { answered: 3, failed: 3 } });
  expect(holdfast.provider.callCount()).toBe(6);
  const again = await batches.retryFailed(idOf('second'));
  expect(await again.result()).toMatchObject({ state: 'completed', counts: { answered: 6 } });
  expect(holdfast.provider.callCount()).toBe(9);
  await expect((await submit('third')).result()).rejects.toThrow(/has the output of a batch that is done/);
  expect(holdfast.provider.callCount()).toBe(9);
});
