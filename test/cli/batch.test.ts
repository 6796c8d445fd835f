import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { LineView } from '../../src/cli/batch/line-view.js';
import type { BatchStatus } from '../../src/client.js';
import { batchText, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { runCli, type Finished } from './run-cli.js';

const CONFIG = {
  model_list: [
    ...group('good', ['ok']),
    ...group('flaky', ['500,ok']),
    ...group('late', ['500,held']),
    ...group('slow', ['slow(0.2)']),
    ...group('doubtful'),
    ...group('down', ['500']),
  ],
  router_settings: { ...FAST, num_retries: 1 },
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, { 'doubtful-up': '400' });
});
afterAll(() => holdfast.close());

const run = (args: readonly string[], input: string | Uint8Array = ''): Promise<Finished> =>
  runCli(['batch', ...args, '--address', inject('temporalAddress'), '--task-queue', holdfast.taskQueue], { input });
const ids = (lines: readonly { custom_id: string }[]) => lines.map(({ custom_id }) => custom_id);
const statusOf = async (id: string): Promise<BatchStatus & { ui: string }> =>
  JSON.parse((await run(['status', id, '--json'])).stdout) as BatchStatus & { ui: string };

describe('run', () => {
  test('tells how it goes, plainly, and where the output is; again it costs nothing', async () => {
    const rows = testRows(30, ['good', 'good', 'late']);
    const { input, output, outputFile } = await writeBatch(rows);
    holdfast.provider.reset();
    const shown = vi.spyOn(LineView.prototype, 'show');
    const following = run(['run', input, '--out', output]);
    await waitFor(() => shown.mock.calls.some(([{ state }]) => state === 'running'));
    await waitFor(() => holdfast.provider.callCount() >= 40);
    holdfast.provider.release();
    const first = await following;
    const end = `completed: 30 of 30 rows answered, 0 failed, ${(await summaryOf(output)).tokens.total} tokens, in `;
    expect(first.stdout.slice(0, end.length)).toBe(end);
    expect(first).toEqual({
      code: 0,
      stdout: expect.stringMatching(/, in [\d.]+ m?s\noutput +\S+output\.jsonl\nsummary +\S+summary\.json\n$/),
      stderr: expect.stringMatching(/^batch (\S+) {2}http\S+\/\1\n.* {2}runs 30 rows, workflow, 50 at a time\n/s),
    });
    expect(first.stderr).not.toContain('\u001b');
    expect(ids(await readLines(outputFile))).toEqual(rows.map(({ customId }) => customId));
    expect(holdfast.provider.callCount()).toBe(40);
    expect(await run(['run', input, '--out', output])).toMatchObject({ code: 0, stdout: first.stdout });
    expect(holdfast.provider.callCount()).toBe(40);
  });

  test('--json: a status a line, the end is the last one', async () => {
    const { input, output } = await writeBatch(testRows(20, ['good']));
    const { code, stdout, stderr } = await run(['run', input, '--out', output, '--json', '--mode', 'packed']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as BatchStatus);
    expect(lines.at(-1)).toMatchObject({ state: 'completed', mode: 'packed', rows: 20, counts: { answered: 20 } });
    expect(lines.slice(0, -1).every(({ state }) => state !== 'completed')).toBe(true);
    expect(stderr).toMatch(/^batch \S+ {2}\S+\n$/);
    expect(code).toBe(0);
  });

  test('ends with 4 where rows failed; retry-failed makes only those again and ends with 0', async () => {
    const rows = testRows(12, ['good', 'doubtful', 'good']);
    const { input, output, outputFile, errorsFile } = await writeBatch(rows);
    const first = await run(['run', input, '--out', output]);
    expect(first.code).toBe(4);
    expect(first.stdout).toMatch(/^completed with errors: 8 of 12 rows answered, 4 failed, /);
    expect(first.stdout).toContain(`errors   ${errorsFile}\n`);
    expect(first.stderr).toMatch(/Run the rows again that failed: holdfast batch retry-failed batch-/);
    expect(ids(await readLines(errorsFile))).toEqual(['row-1', 'row-4', 'row-7', 'row-10']);

    holdfast.provider.setScript({ 'doubtful-up': 'ok' });
    holdfast.provider.reset();
    const again = await run(['retry-failed', output]);
    holdfast.provider.setScript({ 'doubtful-up': '400' });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^completed: 12 of 12 rows answered/) });
    expect(holdfast.provider.callCount()).toBe(4);
    expect(ids(await readLines(outputFile))).toEqual(rows.map(({ customId }) => customId));
    expect(await readLines(errorsFile)).toEqual([]);

    const nothing = await run(['retry-failed', output]);
    expect(nothing).toMatchObject({ code: 0, stdout: again.stdout });
    expect(holdfast.provider.callCount()).toBe(4);
  });

  test('lists the rows that cannot be run, with their lines, before any request, and ends with 2', async () => {
    const { input, output } = await writeBatch([]);
    await writeFile(input, `${batchText(testRows(3, ['good', 'nobody']))}nonsense\n`);
    holdfast.provider.reset();
    const { code, stderr } = await run(['run', input, '--out', output]);
    const why = `2 rows of ${input} cannot be run, and none was: see ${output}/.holdfast/problems.jsonl`;
    expect(stderr).toMatch(/^holdfast: batch batch-\S+ failed: /m);
    expect(stderr).toContain(` failed: ${why}\n`);
    expect(stderr).toContain(
      '\n  line 2 ("row-1"): body.model: the config of the workers has no model group "nobody". There are model groups: ',
    );
    expect(stderr).toMatch(/\n {2}line 4: no valid JSON: /);
    expect(code).toBe(2);
    expect(holdfast.provider.callCount()).toBe(0);

    await writeFile(input, batchText(testRows(3, ['good'])));
    expect(await run(['run', input, '--out', output])).toMatchObject({ code: 0 });
  });

  test('other options, or another input, are not for a folder that has a batch: 2', async () => {
    const { input, output } = await writeBatch(testRows(3, ['good']));
    const other = await writeBatch(testRows(4, ['good']));
    await run(['run', input, '--out', output]);
    for (const args of [
      [input, '--concurrency', '7'],
      [other.input, '--concurrency', '50'],
    ]) {
      const { code, stderr } = await run(['run', ...args, '--out', output]);
      expect(stderr).toMatch(/holdfast: batch \S+ is there with another input or other options\. Give the new one/);
      expect(code).toBe(2);
    }
  });
});

describe('input', () => {
  test('by gzip; from standard input, plain or by gzip, which is kept for the batch', async () => {
    const rows = testRows(5, ['good']);
    const packed = await writeBatch([]);
    await writeFile(packed.input, gzipSync(batchText(rows)));
    expect(await run(['run', packed.input, '--out', packed.output])).toMatchObject({ code: 0 });
    expect(ids(await readLines(packed.outputFile))).toEqual(rows.map(({ customId }) => customId));

    const piped = await writeBatch([]);
    const args = ['run', '-', '--out', piped.output];
    expect(await run(args, batchText(rows))).toMatchObject({ code: 0 });
    expect(await readFile(join(piped.output, '.holdfast', 'input.jsonl'), 'utf8')).toBe(batchText(rows));
    expect(await readLines(piped.outputFile)).toHaveLength(5);
    expect(await run(args, gzipSync(batchText(rows)))).toMatchObject({ code: 0 });

    const other = await run(args, batchText(testRows(6, ['good'])));
    expect(other.stderr).toMatch(/holdfast: .*input\.jsonl: is the input of another batch than standard input/);
    expect(other.code).toBe(2);
  });

  test.each([
    ['a file that is not there', ['missing.jsonl', '--out', 'out'], 'there is no file missing.jsonl here'],
    ['a folder', ['src', '--out', 'out'], 'src is a folder: name the file with the rows'],
    ['a file for the output', ['package.json', '--out', 'README.md'], '--out README.md is a file: name a folder'],
    ['a URL of another kind', ['http://host/rows', '--out', 'out'], 'http://host/rows: expected a path'],
    ['no folder', ['package.json'], 'say where the output goes: --out FOLDER'],
    ['a limit without a number', ['package.json', '--group-concurrency', 'good'], 'Expected GROUP=NUMBER'],
    ['fallbacks that are half JSON', ['package.json', '--fallbacks', '[{'], 'It is not JSON'],
    ['a timeout of 0', ['package.json', '--timeout', '0'], 'Expected a number of seconds above 0'],
    [
      'too much at once',
      ['package.json', '--out', 'out', '--concurrency', '99999'],
      'concurrency: expected a whole number from 1 to 10000, got 99999',
    ],
  ])('%s: 2', async (_what, args, message) => {
    const { code, stderr } = await run(['run', ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe('submit, status, list, watch', () => {
  test('a batch is found by its id, and by its folder; its settings are for its rows', async () => {
    const { input, output } = await writeBatch(testRows(9, ['down', 'good']));
    const id = `night-${holdfast.taskQueue}`;
    const settings = ['--num-retries', '0', '--fallbacks', 'slow, good', '--timeout', '90', '--priority', '5'];
    const limits = ['--group-concurrency', 'slow=2', '--group-concurrency', 'good=3', '--chunk-rows', '4'];
    const submitted = await run(['submit', input, '--out', output, '--id', id, ...settings, ...limits]);
    expect(submitted).toMatchObject({ code: 0, stdout: `${id}\n`, stderr: expect.stringContaining(`/${id}\n`) });
    expect(await run(['watch', id])).toMatchObject({ code: 0, stdout: expect.stringContaining('9 of 9 rows') });
    const status = await statusOf(id);
    expect(status).toMatchObject({
      state: 'completed',
      spec: {
        settings: { num_retries: 0, fallbacks: ['slow', 'good'], timeout: 90 },
        groupConcurrency: { slow: 2, good: 3 },
        chunkRows: 4,
        priority: 5,
      },
    });
    expect(status.ui).toContain(id);
    expect((await run(['status', id])).stdout).toMatch(
      /^batch +night-.*\nstate +completed\nrows +9\nanswered +9\nfailed +0\n/,
    );
    const [line] = await readLines(join(output, 'output.jsonl'));
    expect(line?.holdfast).toMatchObject({ attempts: 2, retries: 0, fallbacks: 1 });
    expect(await run(['status', join(output, 'nothing')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holdfast: there is no batch'),
    });
  });

  test('list: each batch once, with its figures', async () => {
    const { input, output } = await writeBatch(testRows(3, ['good', 'doubtful']));
    const { batches } = holdfast.client;
    const first = await batches.submit({ input, output });
    await first.result();
    const { batchId } = await batches.retryFailed(first.batchId);
    await first.result();
    const now = await batches.find(batchId);
    // Temporal's list lags behind, by the more the busier the machine is.
    await waitFor(async () => {
      for await (const listed of batches.list({ limit: 1000 })) {
        if (listed.batchId === batchId) return isDeepStrictEqual(listed, now);
      }
      return false;
    });
    const { stdout: table } = await run(['list', '--limit', '1000']);
    expect(table).toMatch(/^STARTED +BATCH +STATE +ROWS +ANSWERED +FAILED +OUTPUT\n/);
    expect(table).toMatch(new RegExp(`${batchId} +completed with errors +3 +2 +1 +${output}`));
    expect(table.split(batchId)).toHaveLength(2);
    const { stdout } = await run(['list', '--limit', '1000', '--json']);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ batchId, state: 'completed with errors', rows: 3, failed: 1 }),
    );
  });
});

async function summaryOf(output: string) {
  return JSON.parse(await readFile(join(output, 'summary.json'), 'utf8')) as { tokens: { total: number } };
}
