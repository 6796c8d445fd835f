import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encryptFile } from '../../../src/encryption/encrypted-file.js';
import { openFiles, toLocation } from '../../../src/storage/index.js';
import { batchText, readLines, testRows, writeBatch } from '../../helpers/batch.js';
import { testKey, testRing } from '../../helpers/encryption.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../../helpers/holdfast.js';
import { waitFor } from '../../helpers/wait-for.js';

const config = (...ids: string[]) => ({
  model_list: [...group('good', ['ok'])],
  router_settings: FAST,
  encryption: { keys: ids.map(testKey) },
});

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(config('two'));
});
afterAll(() => holdfast.close());

test('a batch whose input is under a key that no worker has stands still, and says which; with the key it goes on', async () => {
  const files = await writeBatch([]);
  const keys = testRing('one');
  const rows = batchText(testRows(3, ['good']));
  await rm(files.input);
  await openFiles(keys).write(toLocation(files.input, '/'), encryptFile(keys, Readable.from([rows])));
  const batch = await holdfast.client.batches.submit({ input: files.input, output: files.output });
  const paused = await waitFor(
    async () => {
      const status = await batch.status();
      return status.state === 'paused' ? status : null;
    },
    { what: 'the batch to be paused' },
  );
  expect(paused.reason).toContain('is encrypted under the key "one", which this process does not have');
  await holdfast.replaceWorker(config('two', 'one'));
  await batch.resume();
  expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 3 } });
  // The output is for whoever reads the files.
  expect(await readLines(join(files.output, 'output.jsonl'))).toHaveLength(3);
});
