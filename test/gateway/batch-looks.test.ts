import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { ListedBatch } from '../../src/client/listed-batch.js';
import { ANYBODY } from '../../src/gateway/callers.js';
import { batchRecord } from '../../src/gateway/files/batch-record.js';
import { BatchRecords } from '../../src/gateway/files/batch-records.js';
import { CallerBatches } from '../../src/gateway/files/caller-batches.js';
import { batchId, newSuffix } from '../../src/gateway/files/ids.js';
import { placesOf } from '../../src/gateway/files/place.js';
import { SharedAnswers } from '../../src/gateway/shared-answers.js';
import { openStorage } from '../../src/storage/index.js';

test('Temporal is asked once for a batch that hundreds ask for at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-looks-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = { storage: openStorage(), clock: systemClock, root: pathToFileURL(folder).href, maxBytes: 1000 };
  const request = { input_file_id: 'file-0', endpoint: '/v1/embeddings', completion_window: '24h' };
  const record = batchRecord(batchId(newSuffix(systemClock.now())), request, systemClock.now());
  await new BatchRecords(files.storage, placesOf(files.root, ANYBODY)).put(record.id, record);
  let finds = 0;
  const find = async (): Promise<Partial<ListedBatch>> => {
    finds += 1;
    return {
      batchId: record.id,
      state: 'completed',
      rows: 2,
      answered: 2,
      failed: 0,
      startedAt: new Date(),
      closedAt: new Date(),
    };
  };
  const gateway = {
    client: { batches: { find, handle: () => ({}) } } as never,
    files,
    config: { routing: {} as never, gateway: { keys: [] } },
    batchLooks: new SharedAnswers<never>(60_000),
  };
  const ask = async () => new CallerBatches(gateway, ANYBODY).find(record.id);
  const found = await Promise.all(Array.from({ length: 300 }, ask));
  for (const batch of found) expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 2 } });
  expect(finds).toBe(1);
});
