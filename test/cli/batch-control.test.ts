import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { letRowsEnd, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { startCli, startOnTerminal, type RunningCli } from '../helpers/processes.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { connectedTo, NO_TEMPORAL, runCli, runCliProcess, type Finished } from './run-cli.js';

let holdfast: TestHoldfast;
beforeAll(async () => {
  const model_list = [...group('good', ['ok']), ...group('slow')];
  holdfast = await openHoldfast({ model_list, router_settings: FAST });
});
afterAll(() => holdfast.close());

const connected = (args: readonly string[], taskQueue = holdfast.taskQueue): string[] =>
  connectedTo(taskQueue, ['batch', ...args]);
const run = (args: readonly string[]): Promise<Finished> => runCli(connected(args));
const start = (args: readonly string[], taskQueue?: string): RunningCli =>
  startCli(connected(args, taskQueue), { env: NO_TEMPORAL });
const startAtTerminal = (args: readonly string[], size?: string): RunningCli =>
  startOnTerminal(connected(args), { env: NO_TEMPORAL, ...(size === undefined ? {} : { size }) });

/** A batch of which four rows are answered; the next two are in flight until `goOn`, or `provider.release`. */
async function startAndHold(rows: number, more: readonly string[] = [], startIt = start) {
  const files = await writeBatch(testRows(rows, ['slow']));
  const args = ['run', files.input, '--out', files.output, '--concurrency', '2', ...more];
  holdfast.provider.setScript({ 'slow-up': 'okx4,held' });
  holdfast.provider.reset();
  const follower = startIt(args);
  await waitFor(() => holdfast.provider.callCount() === 6);
  return { ...files, args, follower };
}

function goOn(): void {
  holdfast.provider.setScript({ 'slow-up': 'ok' });
  holdfast.provider.release();
}

describe.each(['workflow', 'packed'] as const)('%s', (mode) => {
  test('pause: what is there can be read; resume; a changed concurrency; all of it is told to who follows', async () => {
    // A chunk hears of the pause with a heartbeat, and begins rows until then.
    const rows = mode === 'packed' ? 400 : 24;
    const { output, outputFile, follower } = await startAndHold(rows, ['--mode', mode]);
    const paused = await run(['pause', output]);
    expect(paused.stdout).toMatch(/^batch batch-\S+ is paused: paused by hand; \d rows in flight come to their end\n$/);
    expect(paused.stderr).toMatch(/^Go on with it: holdfast batch resume batch-\S+\n$/);
    await follower.said(/ {2}paused: paused by hand\n.* {2}go on with it: holdfast batch resume batch-/);
    const { batchId } = await holdfast.client.batches.find(output);
    await letRowsEnd(holdfast.provider, holdfast.client.batches.handle(batchId));
    expect((await run(['status', output])).stdout).toMatch(/^state +paused: paused by hand\n +go on with it: /m);
    const asked = holdfast.provider.callCount();

    const early = await run(['results', output]);
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('has no output yet; --partial puts') });
    const partial = await run(['results', output, '--partial']);
    expect(partial.stdout).toMatch(
      new RegExp(`^rows +${rows}: ${asked} answered, 0 failed, ${rows - asked} without an end\n`),
    );
    expect(await readLines(join(output, 'partial', 'output.jsonl'))).toHaveLength(asked);

    const faster = await run(['concurrency', output, '12']);
    expect(faster.stdout).toMatch(/^batch \S+ has 12 rows in flight at once from now on\n$/);
    expect(holdfast.provider.callCount()).toBe(asked);
    expect((await run(['resume', output])).stdout).toMatch(/^batch \S+ goes on: running\n$/);
    await follower.said(`runs ${rows} rows, ${mode}, 12 at a time`);
    goOn();
    await follower.said(`completed: ${rows} of ${rows} rows answered`);
    expect(await follower.ended()).toBe(0);
    expect(await readLines(outputFile)).toHaveLength(rows);
    expect(holdfast.provider.callCount()).toBe(rows);

    const results = await run(['results', output, '--json']);
    expect(JSON.parse(results.stdout)).toMatchObject({ rows, answered: rows, files: { output: outputFile } });
    expect(await run(['results', output, '--json', '--partial'])).toEqual(results);
    const shown = await run(['results', output]);
    expect(shown.stdout).toMatch(/^took +\d+.* from the first attempt to the end of the last$/m);
    const csv = (await run(['results', output, '--format', 'csv'])).stdout.split('\r\n');
    expect(csv).toHaveLength(1 + rows + 1);
    expect(csv[0]).toMatch(/^custom_id,state,answer,/);
    const late = await run(['pause', output]);
    expect(late).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^holdfast: batch \S+ is over: completed\n$/),
    });
  });

  test('cancel: who follows ends with 5; what is done is in the output; the rest can be run', async () => {
    const { output, outputFile, args, follower } = await startAndHold(24, ['--mode', mode]);
    expect((await run(['cancel', output])).stdout).toMatch(/^batch batch-\S+ is being cancelled: /);
    await follower.said(/\ncancelled: \d+ of 24 rows answered, 0 failed, /);
    await follower.said('Go on with the rows that have no answer: holdfast batch retry-failed batch-');
    expect(await follower.ended()).toBe(5);
    const done = await readLines(outputFile);
    const summary = JSON.parse(await readFile(join(output, 'summary.json'), 'utf8')) as object;
    expect(summary).toMatchObject({ rows: 24, answered: done.length, notRun: 24 - done.length });
    const status = await run(['status', output]);
    expect(status.stdout).toMatch(/^state +cancelled$/m);
    expect(status.stdout).toMatch(mode === 'packed' ? /^retrying +0$/m : /^retrying +each row/m);
    goOn();
    const again = await run(['cancel', output]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/is over already: cancelled\n$/) });

    expect(await run(args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^completed: 24 of 24/) });
    expect(await readLines(outputFile)).toHaveLength(24);
  });
});

describe('a batch that pauses itself', () => {
  const limited = async () => {
    const files = await writeBatch(testRows(16, ['good']));
    const args = ['run', files.input, '--out', files.output, '--max-tokens-total', '30', '--concurrency', '1'];
    return { ...files, args };
  };

  test.each([[[]], [['--json']]])('without a terminal, who follows says why and ends with 6: %j', async (more) => {
    const { output, args } = await limited();
    const { code, stdout, stderr } = await runCliProcess(connected([...args, ...more]));
    expect(code).toBe(6);
    expect(stdout + stderr).toContain('max_tokens_total of 30 is used up');
    expect(stderr).toMatch(
      /\nNot followed any more: it is paused, and nobody is there\. Follow it again: holdfast batch watch \S+\n$/,
    );
    const last = more.length === 0 ? null : (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object);
    if (last === null) {
      expect(stderr).toMatch(/go on with it: holdfast batch resume batch-\S+ --max-tokens-total NUMBER\n/);
    } else expect(last).toMatchObject({ state: 'paused', pausedBy: 'batch' });
    expect(await run(args)).toMatchObject({ code: 6 });
    await run(['resume', output, '--max-tokens-total', '1000000']);
    expect(await run(['watch', output])).toMatchObject({ code: 0, stdout: expect.stringContaining('16 of 16 rows') });
  });

  test.skipIf(skipWithout('script'))('on a terminal it is followed until it is over', async () => {
    const { output, args } = await limited();
    const follower = startAtTerminal(args);
    await follower.said('max_tokens_total of 30 is used up');
    await run(['resume', output, '--max-tokens-total', '1000000']);
    await follower.said('completed: 16 of 16 rows answered');
    expect(await follower.ended()).toBe(0);
  });
});

describe('following', () => {
  test('Ctrl-C ends it with 130, never the batch; the same command follows it again', async () => {
    const { output, outputFile, args, follower } = await startAndHold(30);
    expect(await follower.end('SIGINT')).toBe(130);
    expect(follower.output()).toMatch(
      /Not followed any more; batch (\S+) goes on\. Follow it: holdfast batch watch \1 {2}Cancel it: holdfast batch cancel \1\n$/,
    );
    expect(await holdfast.client.batches.find(output)).toMatchObject({ state: 'running' });
    goOn();
    expect(await run(args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^completed: 30 of 30 rows/) });
    expect(await readLines(outputFile)).toHaveLength(30);
    expect(holdfast.provider.callCount()).toBe(30);
  });

  test('without a worker it says so and waits; what only a worker can answer ends with 3', async () => {
    const { input, output } = await writeBatch(testRows(3, ['good']));
    const queue = `nobody-${randomUUID()}`;
    const follower = start(['run', input, '--out', output], queue);
    await follower.said(`no worker polls task queue "${queue}": the batch waits for one. Start one with`);
    for (const command of ['status', 'pause', 'resume']) {
      const { code, stderr } = await run([command, output]);
      expect(stderr).toContain(`holdfast: no worker polls task queue "${queue}"`);
      expect(code).toBe(3);
    }
    expect(await run(['results', output])).toMatchObject({ code: 2 });
    expect(await follower.end('SIGINT')).toBe(130);
    expect(await run(['cancel', output])).toMatchObject({ code: 0 });
  });

  test.skipIf(skipWithout('script'))('on a terminal: a bar, which is gone at the end', async () => {
    const { follower } = await startAndHold(12, [], startAtTerminal);
    await follower.said(/runs 12 rows, workflow, 2 at a time\r\n/);
    await follower.said(/█░* 33 %, 4 of 12 rows · .*0 failed · \d+ tokens/);
    goOn();
    // The bar erased, the cursor is back, the end below.
    await follower.said('completed: 12 of 12 rows answered');
    expect(await follower.ended()).toBe(0);
    expect(follower.output().replaceAll('\u001b', 'ESC')).toMatch(
      /ESC\[2K[^█]*ESC\[\?25hcompleted: 12 of 12 rows answered[^█]*$/s,
    );
  });

  test.skipIf(skipWithout('script'))('on a terminal that does not tell its size: lines', async () => {
    const { input, output } = await writeBatch(testRows(2, ['good']));
    const follower = startAtTerminal(['run', input, '--out', output], 'cols 0 rows 0');
    await follower.said('completed: 2 of 2 rows answered');
    expect(await follower.ended()).toBe(0);
    expect(follower.output()).not.toMatch(/[█░]/);
  });
});
