import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchHandle } from '../../src/client.js';
import { CHUNK_TAIL, MEMO_INPUT, type ChunkTail } from '../../src/core/batch/batch.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { withClient } from '../helpers/call-history.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

/** A slow machine takes minutes for 800 signals. */
const TIMEOUT_MS = 900_000;

/** A signal that changes nothing. */
const NEWS: ChunkTail = { chunk: 1_000_000, inFlight: 0 };

/** The server gives a workflow task up when more than 100 come while it runs. */
const SIGNALS_AT_ONCE = 40;

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({ model_list: [...group('good', ['ok']), ...group('stuck', ['hang'])] });
});
afterAll(() => holdfast.close());

/** Makes the history of a workflow so long that it continues as new; returns what is kept of its input before and after. */
async function lengthenHistory(batch: BatchHandle): Promise<{ before: unknown; after: unknown }> {
  return withClient(async ({ workflow }) => {
    const handle = workflow.getHandle(batch.batchId);
    const { runId, memo } = await handle.describe();
    const continued = async () => {
      await Promise.all(Array.from({ length: SIGNALS_AT_ONCE }, () => handle.signal(CHUNK_TAIL, NEWS)));
      // It is answered when they are handled: a workflow does not continue as new while more of them come, and may have 10,000.
      await batch.status();
      const now = await handle.describe();
      return now.runId === runId ? undefined : now;
    };
    const now = await waitFor(continued, { timeoutMs: TIMEOUT_MS - 60_000, what: 'a new history' });
    return { before: memo?.[MEMO_INPUT], after: now.memo?.[MEMO_INPUT] };
  });
}

test('a batch that was continued as new is listed as before', { timeout: TIMEOUT_MS }, async () => {
  const { batches } = holdfast.client;
  const batch = await batches.submit({ ...(await writeBatch(testRows(2, ['good', 'stuck']))), mode: 'workflow' });
  await waitFor(() => holdfast.provider.callCount() === 2);
  const first = await batches.find(batch.batchId);
  expect((await batch.status()).startedAt).toBe(first.startedAt.toISOString());

  const { before, after } = await lengthenHistory(batch);
  expect(before).toEqual(expect.any(String));
  expect(after).toBe(before);
  expect(await batches.find(batch.batchId)).toMatchObject({ state: 'running', startedAt: first.startedAt, rows: 2 });
  expect((await batch.status()).startedAt).toBe(first.startedAt.toISOString());

  await batch.cancel();
  await expect(batch.result()).rejects.toThrow('cancelled');
});
