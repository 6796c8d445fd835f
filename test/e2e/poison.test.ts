import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChatCompletionRequest } from '../../src/client.js';
import { readLines, testRows, writeBatch } from '../helpers/batch.js';
import { group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage } from './environment.js';

const CONFIG = {
  model_list: [...group('good'), ...group('deadly'), ...group('half'), ...group('throws')],
  router_settings: {
    num_retries: 0,
    max_lost_attempts: 1,
    disable_cooldowns: true,
    callbacks: 'throws.mjs',
  },
};

const SCRIPT = {
  'deadly-up': 'hang',
  'half-up': [{ status: 400, raw: String.raw`{"error":{"message":"bad \ud800 thing"}}` }],
  'throws-up': '400',
};

/** What a callback throws outside of itself is caught by nobody. */
const THROWS = `
export function onFailure({ group }) {
  if (group === 'throws') setImmediate(() => { throw new Error('thrown by nobody knows whom'); });
}
`;

const ask = (model: string): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: 'Which bird is this?' }],
});

// A worker that stalls can be lost once more.
describe('what a worker dies of', TIMED, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(CONFIG, SCRIPT);
    await writeFile(join(stage.folder, 'throws.mjs'), THROWS);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  /**
   * Starts worker after worker; each dies as soon as one of these requests is at the provider, and no other is: those
   * would be lost with it.
   */
  const deathsUntil = async (ended: Promise<unknown>, othersAnswered: () => Promise<boolean>): Promise<number> => {
    let isOver = false;
    void ended.finally(() => (isOver = true));
    const isOpen = () =>
      stage.provider.requestsFor('deadly-up').some(({ abortedAt, finishedAt }) => !(abortedAt ?? finishedAt));
    for (let deaths = 0; ; deaths++) {
      const worker = await stage.startWorker();
      await waitFor(async () => isOver || (isOpen() && (await othersAnswered())), {
        what: 'a deadly request and no other, or the end',
      });
      if (isOver) return deaths;
      await worker.kill();
      await waitFor(() => !isOpen(), { what: 'the provider to see that the worker is gone' });
    }
  };

  test('a request that kills its worker is made max_lost_attempts + 1 times; the call ends, and the queue goes on', async () => {
    const deadly = await stage.client.start(ask('deadly'));
    const good = await stage.client.start(ask('good'));
    const failed = deadly.result().catch((error: unknown) => error);
    expect(await deathsUntil(failed, async () => (await good.describe()).state === 'answered')).toBe(2);
    expect(await failed).toMatchObject({
      kind: 'AttemptsLostError',
      ledger: { entries: [{ outcome: 'lost' }, { outcome: 'lost' }, { outcome: 'note', kind: 'AttemptsLostError' }] },
    });
    await expect(good.result()).resolves.toMatchObject({ report: { group: 'good' } });
    expect(stage.provider.callCount('deadly-up')).toBe(2);
  });

  test('so does a row of a batch; the others are answered', async () => {
    const files = await writeBatch(testRows(4, ['good', 'good', 'deadly', 'good']));
    const batch = await stage.client.batches.submit({ input: files.input, output: files.output, mode: 'packed' });
    const ended = batch.result();
    await deathsUntil(ended, async () => (await batch.status()).counts.answered === 3);
    await ended;
    expect((await readLines(files.outputFile)).map(({ custom_id: id }) => id)).toEqual(['row-0', 'row-1', 'row-3']);
    expect(await readLines(files.errorsFile)).toMatchObject([
      { custom_id: 'row-2', error: { code: 'AttemptsLostError' } },
    ]);
  });

  test('half of a character in the error of a provider kills nothing', async () => {
    const worker = await stage.startWorker();
    await expect(stage.client.execute(ask('half'))).rejects.toMatchObject({
      kind: 'BadRequestError',
      message: 'bad \ufffd thing',
    });
    await expect(stage.client.execute(ask('good'))).resolves.toMatchObject({ report: { group: 'good' } });
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  test('what nothing catches: the worker says so with its calls, lets them end, and ends with an error', async () => {
    const worker = await stage.startWorker();
    stage.provider.setScript({ ...SCRIPT, 'good-up': 'held' });
    const good = await stage.client.start(ask('good'));
    await waitFor(() => stage.provider.callCount('good-up') === 1);
    const throws = await stage.client.start(ask('throws'));
    await worker.said('thrown by nobody knows whom');
    stage.provider.release();
    expect(await worker.ended()).toBe(1);
    const line = worker
      .output()
      .split('\n')
      .find((text) => text.includes('nothing caught this'));
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 60, callIds: [good.callId] });
    await stage.workHere();
    await expect(good.result()).resolves.toMatchObject({ report: { attempts: 1 } });
    await expect(throws.result()).rejects.toMatchObject({ kind: 'BadRequestError' });
  });
});
