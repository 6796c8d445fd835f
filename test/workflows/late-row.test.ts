import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexInput, readChunk } from '../../src/batch/index.js';
import { batchFolder } from '../../src/core/batch/batch.js';
import { openStorage } from '../../src/storage/index.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { eventNames, withClient } from '../helpers/call-history.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({ model_list: group('good') });
});
afterAll(() => holdfast.close());

/** Something at a path that whoever reads waits for, until it is told to let them go: another file is there then. */
async function waitingAt(path: string): Promise<() => Promise<void>> {
  const aside = `${path}-aside`;
  await rename(path, aside);
  await promisify(execFile)('mkfifo', [path]);
  const pipe = `${path}-pipe`;
  return async () => {
    await rename(path, pipe);
    await rename(aside, path);
    // Whoever opens it for both waits for nobody, and those who waited to read it fail.
    await (await open(pipe, 'r+')).close();
  };
}

test('a row that a busy worker cannot read in time goes on as an activity, and is answered', async () => {
  const { folder: at, input: path, output } = await writeBatch(testRows(1, ['good']));
  const [storage, input, folder] = [openStorage(), pathToFileURL(path).href, batchFolder(pathToFileURL(output).href)];
  const index = await indexInput({ storage, input, folder, chunkRows: 10, settings: {} });
  const { value: row } = await readChunk({ storage, index, folder, chunk: 0, settings: {} }).next();
  const letGo = await waitingAt(join(at, 'input.jsonl'));
  const callId = `late-${randomUUID()}`;
  await withClient(async (client) => {
    const files = { batchId: 'none', round: 1, folder, output: pathToFileURL(output).href, settings: {} };
    const call = await client.workflow.start('llmCall', {
      args: [{ files, input, row }],
      taskQueue: holdfast.taskQueue,
      workflowId: callId,
    });
    // Both tries of the local activity are over.
    await waitFor(async () => (await eventNames(callId)).includes('ActivityTaskScheduled'), { timeoutMs: 120_000 });
    await letGo();
    expect(await call.result()).toMatchObject({ report: { attempts: 1 } });
  });
});
