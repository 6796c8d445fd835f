import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchHandle } from '../../../src/client.js';
import { rowCallId } from '../../../src/core/batch/batch.js';
import { batchText, letRowsEnd, readLines, testRows, writeBatch } from '../../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../../helpers/holdfast.js';
import { skipWithout } from '../../helpers/requirements.js';
import { mountSmallDisk } from '../../helpers/small-disk.js';
import { waitFor } from '../../helpers/wait-for.js';

let holdfast: TestHoldfast;

beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [
      ...group('good', ['ok']),
      ...group('slow', ['slow(0.2)']),
      ...group('held'),
      ...group('endless', ['hang']),
      ...group('often', ['400x1,ok']),
      ...group('down', ['reset']),
      ...group('limited', ['429(retry-after=60)']),
    ],
    router_settings: { ...FAST, num_retries: 2 },
  });
});

afterAll(() => holdfast.close());

const submit = (files: { input: string; output: string }, options = {}) =>
  holdfast.client.batches.submit({ ...files, mode: 'packed', concurrency: 4, chunkRows: 5, ...options });

const state = (batch: BatchHandle, wanted: string) =>
  waitFor(
    async () => {
      const status = await batch.status();
      return status.state === wanted ? status : null;
    },
    { what: `the batch to be ${wanted}` },
  );

/** The calls of rows that wait for their next attempt, once there are so many. */
async function callsThatWait(batchId: string, { rows, count }: { rows: number; count: number }): Promise<string[]> {
  const ids = Array.from({ length: rows }, (_, row) => rowCallId(batchId, row));
  const waits = async (id: string) => {
    const call = await holdfast.client
      .handle(id)
      .describe()
      .catch(() => null);
    return call?.pending?.state === 'waiting' ? [id] : [];
  };
  return waitFor(
    async () => {
      const waiting = (await Promise.all(ids.map(waits))).flat();
      return waiting.length === count ? waiting : null;
    },
    { what: `${count} calls to wait` },
  );
}

const stateOf = async (id: string) => (await holdfast.client.handle(id).describe()).state;

describe('a batch', () => {
  test('that is paused begins no row; resumed, it runs each once', async () => {
    const files = await writeBatch(testRows(400, ['held']));
    holdfast.provider.setScript({ 'held-up': 'okx8,held' });
    holdfast.provider.reset();
    const batch = await submit(files);
    await waitFor(() => holdfast.provider.callCount() > 8);
    const paused = await batch.pause('lunch');
    expect(paused).toMatchObject({ state: 'paused', reason: 'lunch', pausedBy: 'person' });
    await letRowsEnd(holdfast.provider, batch);
    const asked = holdfast.provider.callCount();
    expect(asked).toBeLessThan(400);
    expect((await batch.status()).counts.answered).toBe(asked);
    await batch.setConcurrency(30);
    expect(holdfast.provider.callCount()).toBe(asked);
    holdfast.provider.setScript({ 'held-up': 'ok' });
    await batch.resume();
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 400 } });
    expect(holdfast.provider.callCount()).toBe(400);
    expect(await batch.status()).toMatchObject({ spec: { concurrency: 30 } });
  });

  test.each(['packed', 'workflow'] as const)('that is cancelled, %s, stops and leaves what is done', async (mode) => {
    const rows = [
      ...testRows(6, ['good']),
      ...testRows(10, ['endless']).map((row) => ({ ...row, customId: `e${row.customId}` })),
    ];
    const files = await writeBatch(rows);
    holdfast.provider.reset();
    const batch = await submit(files, { mode, chunkRows: 6 });
    await waitFor(() => holdfast.provider.requestsFor('hang').length >= 4);
    await waitFor(async () => (await batch.status()).counts.answered === 6);
    await batch.cancel();
    await expect(batch.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect(await readLines(files.outputFile)).toHaveLength(6);
    expect(await readLines(files.errorsFile)).toHaveLength(0);
    await waitFor(() => holdfast.provider.requestsFor('hang').every(({ abortedAt }) => abortedAt !== undefined));
    expect(await batch.status()).toMatchObject({ state: 'cancelled' });
    // Nothing of it runs any more.
    expect(holdfast.provider.requestsFor('hang')).toHaveLength(4);
  });

  test('with failed rows runs just those again, and merges', async () => {
    const files = await writeBatch(testRows(20, ['good', 'often']));
    holdfast.provider.reset();
    const batch = await submit(files);
    expect(await batch.result()).toMatchObject({
      state: 'completed with errors',
      counts: { answered: 10, failed: 10 },
    });
    expect(holdfast.provider.callCount()).toBe(20);
    const again = await holdfast.client.batches.retryFailed(batch.batchId);
    expect(await again.result()).toMatchObject({ state: 'completed', counts: { answered: 20, failed: 0 } });
    expect(holdfast.provider.callCount()).toBe(30);
    const lines = await readLines(files.outputFile);
    expect(lines.map(({ custom_id }) => custom_id)).toEqual(testRows(20, ['']).map(({ customId }) => customId));
    expect(await readLines(files.errorsFile)).toHaveLength(0);
    const summary = JSON.parse(await readFile(join(files.output, 'summary.json'), 'utf8')) as object;
    expect(summary).toMatchObject({ attempts: 30, retries: 0, failedAttempts: { BadRequestError: 10 } });
  });

  test('that is cancelled in a storm has no retries any more, and none in its summary that were not made', async () => {
    const files = await writeBatch(testRows(50, ['limited']));
    holdfast.provider.reset();
    const batch = await submit(files, { concurrency: 2, chunkRows: 50 });
    await waitFor(async () => {
      const { retrying, inFlight } = await batch.status();
      return inFlight === 0 && (retrying ?? 0) >= 4;
    });
    const called = await callsThatWait(batch.batchId, { rows: 50, count: 2 });
    await batch.cancel();
    await expect(batch.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect(await batch.status()).toMatchObject({ state: 'cancelled', reason: null, pausedBy: null, retrying: 0 });
    // Nothing is asked of their workflows.
    expect(await Promise.all(called.map(stateOf))).toEqual(['terminated', 'terminated']);
    const attempts = holdfast.provider.callCount();
    const summary = JSON.parse(await readFile(join(files.output, 'summary.json'), 'utf8')) as object;
    expect(summary).toMatchObject({ notRun: 50, attempts, retries: 0, failedAttempts: { RateLimitError: attempts } });
  });

  test('is joined by the same command, and refuses another one for its folder', async () => {
    const files = await writeBatch(testRows(4, ['good']));
    const batch = await submit(files);
    const same = await submit(files);
    expect(same.batchId).toBe(batch.batchId);
    await expect(submit(files, { concurrency: 9 })).rejects.toMatchObject({ kind: 'ConflictError' });
    await batch.result();
    expect((await submit(files)).batchId).toBe(batch.batchId);
    await waitFor(async () => {
      for await (const { batchId, answered } of holdfast.client.batches.list()) {
        if (batchId === batch.batchId) return answered === 4;
      }
      return false;
    });
  });

  test('is listed by when it was last started, running or not', async () => {
    const start = async (model: string) => submit(await writeBatch(testRows(2, [model])), { num_retries: 0 });
    const first = await start('good');
    const running = await start('endless');
    const last = await start('often');
    await Promise.all([first.result(), last.result()]);
    const expected = [last.batchId, running.batchId, first.batchId];
    const isListed = async () => {
      const ids: string[] = [];
      for await (const { batchId } of holdfast.client.batches.list({ limit: 1_000 })) ids.push(batchId);
      return ids.filter((id) => expected.includes(id)).join() === expected.join();
    };
    await waitFor(isListed);
    await running.cancel();
    await expect(running.result()).rejects.toThrow();
    await waitFor(isListed);
  });

  test('whose rows cannot be run spends nothing', async () => {
    const rows = [...testRows(3, ['good']), ...testRows(3, ['nobody'])];
    const files = await writeBatch(rows);
    holdfast.provider.reset();
    const batch = await submit(files);
    await expect(batch.result()).rejects.toThrow(/rows of .*input.jsonl cannot be run/);
    expect(await state(batch, 'failed')).toMatchObject({ reason: expect.stringContaining('problems.jsonl') });
    const problems = await readFile(join(files.output, '.holdfast', 'problems.jsonl'), 'utf8');
    expect(problems.split('\n').filter(Boolean)).toHaveLength(3);
    expect(holdfast.provider.callCount()).toBe(0);
    await writeFile(files.input, batchText(testRows(3, ['good'])));
    expect(await (await submit(files)).result()).toMatchObject({ state: 'completed', rows: 3 });
  });

  test.each(['packed', 'workflow'] as const)(
    'whose rows that cannot be run are to be skipped runs the others: %s',
    async (mode) => {
      const files = await writeBatch([...testRows(6, ['good', 'nobody']), ...testRows(1, ['good'])]);
      await appendFile(files.input, 'nonsense\n');
      holdfast.provider.reset();
      const batch = await submit(files, { mode, skipInvalid: true });
      expect(await batch.result()).toMatchObject({
        state: 'completed with errors',
        rows: 8,
        counts: { answered: 3, failed: 5, errors: { BadRequestError: 5 } },
      });
      expect(holdfast.provider.callCount()).toBe(3);
      const messages = (await readLines(files.errorsFile)).map(({ error }) => error?.message.slice(0, 7));
      expect(messages).toEqual(['line 2:', 'line 4:', 'line 6:', 'line 7:', 'line 8:']);
      const again = await holdfast.client.batches.retryFailed(batch.batchId);
      expect(await again.result()).toMatchObject({ counts: { answered: 3, failed: 5 } });
      expect(holdfast.provider.callCount()).toBe(3);
    },
  );

  test('pauses when its tokens are used up, and goes on with more', async () => {
    const files = await writeBatch(testRows(40, ['good']));
    holdfast.provider.reset();
    const batch = await submit(files, { maxTokensTotal: 100 });
    const paused = await state(batch, 'paused');
    expect(paused).toMatchObject({ reason: expect.stringContaining('max_tokens_total of 100'), pausedBy: 'batch' });
    await waitFor(async () => (await batch.status()).inFlight === 0);
    expect(holdfast.provider.callCount()).toBeLessThan(40);
    const used = (await batch.status()).counts.tokens.total;
    await expect(batch.resume()).rejects.toMatchObject({ kind: 'BadRequestError' });
    await expect(batch.resume({ maxTokensTotal: used })).rejects.toThrow(`the ${used} tokens that are used already`);
    await batch.resume({ maxTokensTotal: null });
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 40 } });
    expect(holdfast.provider.callCount()).toBe(40);
  });

  test('closes its window while its provider is down', async () => {
    const files = await writeBatch(testRows(30, ['down']));
    holdfast.provider.reset();
    const batch = await submit(files, { concurrency: 2, chunkRows: 10, num_retries: 3 });
    const result = await batch.result();
    expect(result).toMatchObject({ counts: { answered: 0, failed: 30 } });
    expect(holdfast.provider.callCount()).toBe(120);
  });
});

describe('files that are not right', () => {
  test('a folder with the output of a batch that nobody remembers is left alone', async () => {
    const files = await writeBatch(testRows(4, ['good']));
    await (await submit(files)).result();
    holdfast.provider.reset();
    const again = await submit(files, { batchId: `again-${Date.now()}` });
    await expect(again.result()).rejects.toThrow(/out: this folder is that of batch batch-/);
    expect(holdfast.provider.callCount()).toBe(0);
  });

  test('an input that is missing pauses the batch with the reason; it goes on when it is there', async () => {
    const files = await writeBatch(testRows(4, ['good']));
    await rename(files.input, `${files.input}.away`);
    const batch = await submit(files);
    const paused = await state(batch, 'paused');
    expect(paused.reason).toContain('input.jsonl');
    await rename(`${files.input}.away`, files.input);
    // Nobody resumes it.
    expect(await batch.result()).toMatchObject({ state: 'completed', rows: 4 });
  });

  test('an input that changes while it runs is refused; put back, the batch goes on', async () => {
    const files = await writeBatch(testRows(30, ['slow']));
    holdfast.provider.reset();
    const batch = await submit(files, { concurrency: 2 });
    await waitFor(() => holdfast.provider.callCount() >= 2);
    const text = await readFile(files.input, 'utf8');
    await writeFile(files.input, text.replaceAll('question', 'QUESTION'));
    const paused = await state(batch, 'paused');
    expect(paused.reason).toMatch(/changed|no longer/);
    await writeFile(files.input, text);
    await batch.resume();
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 30 } });
    expect(holdfast.provider.callCount()).toBe(30);
  });

  test('an input that changed since the batch ended is refused before anything is run again', async () => {
    const files = await writeBatch(testRows(1, ['down']));
    const batch = await submit(files, { num_retries: 0 });
    await batch.result();
    await appendFile(files.input, '\n');
    holdfast.provider.reset();
    const again = await holdfast.client.batches.retryFailed(batch.batchId);
    await expect(again.result()).rejects.toThrow(`${files.input} has changed since the batch was first started`);
    expect(holdfast.provider.callCount()).toBe(0);
  });

  test.skipIf(skipWithout('mounts'))(
    'a full disk is told, and answers wait for room: with it the batch goes on by itself, and none is asked for again',
    async () => {
      const disk = mountSmallDisk(64);
      try {
        const files = await writeBatch(testRows(200, ['good']));
        holdfast.provider.reset();
        const batch = await submit({ input: files.input, output: join(disk.path, 'out') }, { chunkRows: 20 });
        await waitFor(async () =>
          /answers wait to be written: .*(full|space)/i.test((await batch.status()).reason ?? ''),
        );
        disk.grow(4_096);
        expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 200 } });
        expect(await readLines(join(disk.path, 'out', 'output.jsonl'))).toHaveLength(200);
        expect(holdfast.provider.callCount()).toBe(200);
      } finally {
        disk.unmount();
      }
    },
  );
});
