import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GroupTokens } from '../../src/batch/index.js';
import { batchText, testRows, writeBatch } from '../helpers/batch.js';
import { configText, group } from '../helpers/holdfast.js';
import { runCli, runCliProcess, type Finished } from './run-cli.js';

let cwd: string;
let temporary: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'holdfast-dry-run-test-'));
  temporary = join(cwd, 'temporary');
  await mkdir(temporary);
  const config = { model_list: [...group('fast'), ...group('smart')] };
  await writeFile(join(cwd, 'holdfast.yaml'), configText(config, 'http://127.0.0.1:1'));
});

afterAll(() => rm(cwd, { recursive: true }));

/** There is no server to ask, and no key. */
const dryRun = (args: readonly string[], input = ''): Promise<Finished> =>
  runCli(['batch', 'run', ...args, '--dry-run'], { cwd, input });

test('counts the rows per model group, and estimates the tokens of the prompts; nothing is left behind', async () => {
  const { code, stdout } = await runCliProcess(['batch', 'run', '-', '--dry-run'], {
    cwd,
    input: batchText(testRows(1500, ['fast', 'fast', 'smart'])),
    env: { TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  expect(stdout).toMatch(
    /^rows +1,500, [\d,]+ bytes\nmodel groups +1,000 for fast, 500 for smart\nprompts +about [\d,]+ tokens\nproblems +none under holdfast\.yaml\n$/,
  );
  expect(code).toBe(0);
  expect(await readdir(temporary)).toEqual([]);
});

test('--estimate counts the tokens of the prompts, by model group', async () => {
  const input = batchText(testRows(3, ['fast', 'fast', 'smart']));
  const { code, stdout } = await dryRun(['-', '--estimate'], input);
  expect(stdout).toMatch(/\nprompts +\d+ tokens\n/);
  expect(stdout).toMatch(
    /\nMODEL GROUP +ROWS +TOKENS +A ROW +LARGEST\nfast +2 +\d+ +\d+ +\d+\nsmart +1 +(\d+) +\1 +\1\n/,
  );
  expect(code).toBe(0);
  const { stdout: json } = await dryRun(['-', '--estimate', '--json'], input);
  const { promptTokens, tokens } = JSON.parse(json) as { promptTokens: number; tokens: Record<string, GroupTokens> };
  expect(Object.values(tokens).reduce((sum, each) => sum + each.tokens, 0)).toBe(promptTokens);
});

test('lists what is wrong with standard input, with lines, and ends with 2', async () => {
  const text = `${batchText(testRows(2, ['fast', 'nobody']))}{}\n`;
  const { code, stdout } = await dryRun(['-'], text);
  expect(stdout).toContain('problems      2 rows cannot be run under holdfast.yaml\n');
  expect(stdout).toContain(
    '  line 2 ("row-1"): body.model: the config of the workers has no model group "nobody". There are',
  );
  expect(stdout).toMatch(/ {2}line 3: custom_id: missing/);
  expect(code).toBe(2);
});

test('an input without rows ends with 2', async () => {
  const { input } = await writeBatch([]);
  expect(await dryRun([input])).toMatchObject({ code: 2, stderr: expect.stringContaining(`${input}: has no rows`) });
  expect(await dryRun(['-'], '\n')).toMatchObject({ code: 2, stderr: expect.stringContaining('has no rows') });
});

test('lists the first 20 of many, and all of them with --json; settings of the batch are checked with the rows', async () => {
  const names = Array.from({ length: 35 }, (_, number) => `nobody-${number}`);
  const { input } = await writeBatch(testRows(70, names));
  // A row with the same fault shares the line of the first.
  expect((await dryRun([input])).stdout).toMatch(
    /line 20 .*"nobody-19"\. There are .*; the same in 1 more, up to line 55\n {2}… and 30 more\n$/,
  );
  const { code, stdout } = await dryRun([input, '--json', '--fallbacks', '[{"nobody": 3}]']);
  const { listed, ...report } = JSON.parse(stdout) as { listed: { line: number; problem: string }[] };
  expect(report).toMatchObject({ config: 'holdfast.yaml', rows: 70, problems: 70, groups: {} });
  expect(listed).toHaveLength(70);
  expect(listed[0]).toMatchObject({ line: 1, custom_id: 'row-0', problem: expect.stringContaining('fallbacks') });
  expect(code).toBe(2);
});

test('needs a config', async () => {
  const { input } = await writeBatch(testRows(1, ['fast']));
  const { code, stderr } = await runCli(['batch', 'submit', input, '--dry-run'], { cwd: temporary });
  expect(stderr).toContain('holdfast: no config: ');
  expect(code).toBe(2);
});
