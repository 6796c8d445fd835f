import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { batchText, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { runCli, type Finished } from './run-cli.js';

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({ model_list: [...group('good', ['ok']), ...group('held', ['held'])] });
});
afterAll(() => holdfast.close());

const run = (args: readonly string[], input: string | Uint8Array = ''): Promise<Finished> =>
  runCli(['batch', ...args, '--address', inject('temporalAddress'), '--task-queue', holdfast.taskQueue], { input });
const idOf = (name: string): string => `${name}-${holdfast.taskQueue}`;

describe('a folder that another batch has', () => {
  test('is refused while that one runs, with the same input or another, and each row is run once', async () => {
    const first = await writeBatch(testRows(5, ['held']));
    const other = await writeBatch(testRows(3, ['held']));
    holdfast.provider.reset();
    const [one, two] = [idOf('one'), idOf('two')];
    await run(['submit', first.input, '--out', first.output, '--id', one]);
    await waitFor(() => holdfast.provider.callCount() === 5);
    for (const input of [first.input, other.input]) {
      const id = input === first.input ? two : idOf('three');
      const { code, stderr } = await run(['run', input, '--out', first.output, '--id', id]);
      expect(stderr).toContain(
        `${first.output}: this folder is that of batch ${one}: give the new one a folder of its`,
      );
      expect(code).toBe(2);
    }
    holdfast.provider.release();
    expect(await run(['watch', one])).toMatchObject({ code: 0, stdout: expect.stringContaining('5 of 5 rows') });
    expect(holdfast.provider.callCount()).toBe(5);
    expect(await readLines(first.outputFile)).toHaveLength(5);

    expect(await run(['results', one])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^rows +5: 5 answered/),
    });
    for (const partial of [[], ['--partial']]) {
      const results = await run(['results', two, ...partial]);
      expect(results).toMatchObject({ code: 2, stdout: '' });
      expect(results.stderr).toContain(`batch ${two} has no output: ${first.output} is the folder of batch ${one}.`);
    }
    expect(await run(['retry-failed', two])).toMatchObject({ code: 2 });
  });

  test('does not get the standard input of the other one, nor tell its problems', async () => {
    const { output } = await writeBatch([]);
    const text = batchText(testRows(2, ['nobody']));
    const first = await run(['run', '-', '--out', output, '--id', idOf('piped')], text);
    expect(first).toMatchObject({ code: 2, stderr: expect.stringContaining('  line 1 ("row-0")') });
    const second = await run(['run', '-', '--out', output, '--id', idOf('late')], batchText(testRows(1, ['good'])));
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(`is that of batch ${idOf('piped')}`) });
    expect(await readFile(join(output, '.holdfast', 'input.jsonl'), 'utf8')).toBe(text);

    const { input } = await writeBatch(testRows(1, ['good']));
    const third = await run(['run', input, '--out', output, '--id', idOf('later')]);
    expect(third).toMatchObject({ code: 2, stderr: expect.stringContaining(`is that of batch ${idOf('piped')}`) });
    expect(third.stderr).not.toContain('line 1');
  });
});

describe('files that the output would replace', () => {
  test.each(['output.jsonl', 'errors.jsonl', 'summary.json'])(
    'the input as %s of its own output is refused',
    async (name) => {
      const { input, output } = await writeBatch(testRows(2, ['good']));
      await mkdir(output);
      const own = join(output, name);
      await rename(input, own);
      const { code, stderr } = await run(['run', own, '--out', output]);
      expect(stderr).toContain(`holdfast: ${own} is where output goes, which would replace it; name another folder\n`);
      expect(code).toBe(2);
      expect(await readFile(own, 'utf8')).toBe(batchText(testRows(2, ['good'])));
    },
  );

  test('a file that no batch made stays; without it the same command runs', async () => {
    const { folder, input, output, outputFile } = await writeBatch(testRows(2, ['good']));
    await mkdir(output);
    await writeFile(outputFile, 'mine');
    for (const [file, text] of [
      [input, ''],
      ['-', batchText(testRows(2, ['good']))],
    ] as const) {
      const { code, stderr } = await run(['run', file, '--out', output], text);
      expect(stderr).toContain(`${output}: no batch made ${outputFile}, and the output would replace it: move it away`);
      expect(code).toBe(2);
      expect(await readFile(outputFile, 'utf8')).toBe('mine');
    }
    await rename(outputFile, join(folder, 'mine.jsonl'));
    expect(await run(['run', input, '--out', output])).toMatchObject({ code: 0 });
    expect(await readLines(outputFile)).toHaveLength(2);
  });
});

describe('the input of a batch that is completed', () => {
  test('must be what it was, packed or not', async () => {
    const { input, output } = await writeBatch(testRows(5, ['good']));
    const args = ['run', input, '--out', output];
    expect(await run(args)).toMatchObject({ code: 0 });
    await writeFile(input, batchText(testRows(8, ['good'])));
    for (const command of ['run', 'submit']) {
      const { code, stdout, stderr } = await run([command, ...args.slice(1)]);
      expect(stderr).toMatch(/^holdfast: .*input\.jsonl has changed since batch batch-\S+ completed it\. Put it back/m);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    }
    await writeFile(input, gzipSync(batchText(testRows(5, ['good']))));
    expect(await run(args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^completed: 5 of 5/) });
    await writeFile(input, gzipSync(batchText(testRows(5, ['good']))).subarray(0, 60));
    expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('has changed since batch') });
  });

  test('may be gone', async () => {
    const { input, output, folder } = await writeBatch(testRows(1, ['good']));
    const args = ['run', `file://${input}`, '--out', output];
    expect(await run(args)).toMatchObject({ code: 0 });
    await rename(input, join(folder, 'away.jsonl'));
    expect(await run(args)).toMatchObject({ code: 0 });
  });
});

test('an input without rows is wrong: 2; another one may take its place', async () => {
  const { input, output } = await writeBatch([]);
  const { code, stderr } = await run(['run', input, '--out', output]);
  expect(stderr).toContain(`${input}: has no rows; put a request on each line, as JSON\n`);
  expect(code).toBe(2);
  await writeFile(input, batchText(testRows(2, ['good'])));
  expect(await run(['run', input, '--out', output])).toMatchObject({ code: 0 });
});
