import type { Batch } from 'openai/resources/batches.js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { rowCallId } from '../../src/core/batch/batch.js';
import { batchText, testRows } from '../helpers/batch.js';
import { FAST, group } from '../helpers/holdfast.js';
import { batchEnd, createBatch, fileLines } from '../helpers/openai-batches.js';
import { API_KEYS, openForTwo, type TwoCallers } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

let callers: TwoCallers;
beforeAll(async () => {
  callers = await openForTwo({
    model_list: [...group('good', ['ok']), ...group('stuck', ['hang']), ...group('broken', ['500'])],
    router_settings: FAST,
    general_settings: {
      api_keys: [
        // A batch is two requests itself: its file, and its start.
        { ...API_KEYS.one, rpm_limit: 6 },
        { ...API_KEYS.two, max_parallel_requests: 3, max_num_retries: 1 },
      ],
    },
  });
});
afterAll(() => callers.close());

let batches: Batch[] = [];
afterEach(async () => {
  const { client } = callers.gateway;
  const cancels = batches.map(({ id }) => client.batches.handle(id).cancel());
  await Promise.allSettled(cancels);
  batches = [];
});

/** Two batches with four rows each. */
async function startTwo(openai: TwoCallers['one'], model: string): Promise<void> {
  callers.gateway.provider.reset();
  const start = async () =>
    createBatch(
      openai,
      batchText(
        testRows(
          4,
          Array.from({ length: 4 }, () => model),
        ),
      ),
    );
  batches = [await start(), await start()];
}

/** What the calls of the rows say that they wait for a slot of their key. */
async function waitingRows(key: string): Promise<number> {
  const ids = batches.flatMap(({ id }) => [0, 1, 2, 3].map((row) => rowCallId(id, row)));
  const said = ids.map((id) =>
    callers.gateway.client
      .handle(id)
      .inspect()
      .then(
        ({ now }) => now,
        () => '',
      ),
  );
  return (await Promise.all(said)).filter((now) => now.includes(`a slot of key ${key}`)).length;
}

test('rpm_limit: no more rows of all batches of a key begin within a minute', async () => {
  await startTwo(callers.one, 'good');
  const { provider } = callers.gateway;
  await waitFor(async () => provider.callCount() >= 6 && provider.callCount() + (await waitingRows('one')) === 8);
  const times = provider.requests.map(({ receivedAt }) => receivedAt);
  // One more every ten seconds.
  expect(times.filter((at) => at < Math.min(...times) + 5_000).length).toBeLessThanOrEqual(6);
});

test('max_parallel_requests: no more requests of all batches of a key are with providers at once', async () => {
  await startTwo(callers.two, 'stuck');
  await waitFor(async () => callers.gateway.provider.callCount() === 3 && (await waitingRows('two')) > 0);
  expect(callers.gateway.provider.callCount()).toBe(3);
});

test('ceilings of a key hold for rows', async () => {
  callers.gateway.provider.reset();
  const text = batchText(testRows(1, ['broken'], { num_retries: 9 }));
  const { error_file_id: errors } = await batchEnd(callers.two, await createBatch(callers.two, text));
  expect(await fileLines(callers.two, errors!)).toMatchObject([{ holdfast: { attempts: 2 } }]);
});
