import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { testRows, writeBatch } from '../helpers/batch.js';
import { configText, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { startCli } from '../helpers/processes.js';
import { connectedTo, runCli, runCliProcess } from './run-cli.js';

// Most tests of commands run them in their own process. These show that a process of its own does the same.

let folder: string;
let holdfast: TestHoldfast;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-process-'));
  const config = { model_list: [...group('good', ['ok']), ...group('refusing', ['400'])] };
  await writeFile(join(folder, 'holdfast.yaml'), configText(config, 'http://127.0.0.1:1'));
  await writeFile(join(folder, 'bad.yaml'), 'model_lst: []\n');
  holdfast = await openHoldfast(config);
});
afterAll(async () => {
  await holdfast.close();
  await rm(folder, { recursive: true, force: true });
});

const connected = (args: readonly string[]): string[] => connectedTo(holdfast.taskQueue, args);

test.each<{ args: string[]; code: number; input?: string }>([
  { args: ['--help'], code: 0 },
  { args: ['explain', 'good'], code: 0 },
  { args: ['config', 'check', 'bad.yaml', '--json'], code: 2 },
  { args: ['key', 'team-b', '--stdin'], code: 0, input: 'abcdefghijklmnop\n' },
  { args: ['batch', 'run', '-', '--dry-run'], code: 2, input: '{}\n' },
  { args: ['list', '--address', '127.0.0.1:1'], code: 3 },
])('$args: the output and the exit code $code of the process are those of the command', async ({ args, ...want }) => {
  const { code, input = '' } = want;
  const finished = await runCliProcess(args, { cwd: folder, input });
  expect(finished).toEqual(await runCli(args, { cwd: folder, input }));
  expect(finished.code).toBe(code);
});

test('temporal: the CLI that the set-up found, at the same server', async () => {
  const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
  const { code, stdout } = await runCliProcess(['temporal', 'operator', 'namespace', 'describe', 'default'], { env });
  expect(stdout).toContain('NamespaceInfo.Name');
  expect(code).toBe(0);
});

test('so it is with commands that ask the server', async () => {
  for (const command of ['inspect', 'cancel']) {
    const args = connected([command, 'nothing']);
    const finished = await runCliProcess(args);
    expect(finished).toEqual(await runCli(args));
    expect(finished.code).toBe(2);
  }
});

test('Ctrl-C stops an action between two calls: it says how far it came, and ends with 130', async () => {
  const acting = startCli(connected(['skip', 'nothing', 'nobody', '--why', 'x', '--ramp', '1/m']));
  await acting.said('there is no call nothing');
  expect(await acting.end('SIGINT')).toBe(130);
  expect(acting.output()).toContain('skip: 0 calls took it, 1 did not; stopped before the other 1');
});

test('the exit code tells of a call that failed, and of rows that failed', async () => {
  const call = await runCliProcess(connected(['call', 'Hello', '--model', 'refusing', '--json']));
  expect(call).toMatchObject({ code: 1, stderr: expect.stringContaining('BadRequestError (400)') });
  expect(JSON.parse(call.stdout)).toMatchObject({ error: { kind: 'BadRequestError' } });

  const { input, output } = await writeBatch(testRows(4, ['good', 'refusing']));
  const batch = await runCliProcess(connected(['batch', 'run', input, '--out', output]));
  expect(batch).toMatchObject({ code: 4, stdout: expect.stringMatching(/^completed with errors: 2 of 4 rows/) });
  const again = await runCliProcess(connected(['batch', 'status', output, '--json']));
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ state: 'completed with errors', rows: 4 });
});
