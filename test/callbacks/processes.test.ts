import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import type { CallEvent } from '../../src/index.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { configText, FAST, group, PLANTED_KEY } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { NO_TEMPORAL, runCli, runCliProcess } from '../cli/run-cli.js';

const taskQueue = `test-${randomUUID()}`;
const MODELS = ['fails', 'killed', 'drains'];
const QUESTION = { messages: [{ role: 'user' as const, content: 'Hello' }] };

/** Writes a line for each event; those of `drains` once the test allows it. */
const MODULE = `
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallEvent, Callbacks } from 'holdfast';

const write = async (event: CallEvent): Promise<void> => {
  while (event.group === 'drains' && !existsSync(new URL('go', import.meta.url))) await sleep(10);
  await appendFile(new URL('events.jsonl', import.meta.url), JSON.stringify(event) + '\\n');
  if (event.type === 'failure') throw new Error('no place for ${PLANTED_KEY}');
};

export const onSuccess: Callbacks['onSuccess'] = write;
export const onFailure: Callbacks['onFailure'] = write;
`;

let folder: string;
let provider: MockProvider;
let client: HoldfastClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-callbacks-'));
  provider = await startMockProvider({ script: { 'fails-up': '500', 'killed-up': 'hang,ok', 'drains-up': 'ok' } });
  client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue });
  await writeFile(join(folder, 'log.ts'), MODULE);
  await writeFile(join(folder, 'broken.mjs'), 'throw new Error("it was run");');
  const config = (callbacks: string) =>
    configText(
      { model_list: MODELS.flatMap((name) => group(name)), router_settings: { ...FAST, callbacks } },
      provider.url,
    );
  await writeFile(join(folder, 'holdfast.yaml'), config('log.ts'));
  await writeFile(join(folder, 'broken.yaml'), config('broken.mjs'));
  await writeFile(join(folder, 'missing.yaml'), config('missing.mjs'));
});
afterAll(async () => {
  await client.close();
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

const args = ['worker', '--address', inject('temporalAddress'), '--task-queue', taskQueue];
const startWorker = async (): Promise<RunningCli> => {
  const worker = startCli(args, { env: NO_TEMPORAL, cwd: folder });
  // One that a test left would take the calls of the next.
  onTestFinished(() => worker.kill());
  await worker.said('polls task queue');
  return worker;
};

function written(callId: string): CallEvent[] {
  const file = join(folder, 'events.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as CallEvent).filter((event) => event.callId === callId);
}

describe('a worker', () => {
  test('loads a module in TypeScript from beside its config, and logs once what is wrong with it', async () => {
    const worker = await startWorker();
    const handle = await client.start({ model: 'fails', ...QUESTION });
    await expect(handle.result()).rejects.toMatchObject({ kind: 'InternalServerError' });
    await waitFor(() => written(handle.callId).length === 3);
    expect(await worker.end('SIGTERM')).toBe(0);
    const logged = worker.output().match(/callback onFailure of [^"]*/g);
    const file = join(folder, 'log.ts');
    expect(logged).toEqual([
      expect.stringContaining(`callback onFailure of ${file} failed: no place for [redacted]. No call is affected`),
      `callback onFailure of ${file}: 3 failed`,
    ]);
    expect(worker.output()).not.toContain(PLANTED_KEY);
  });

  test(
    'that is killed tells nothing of the attempt in flight; the next one tells what it does itself',
    TIMED,
    async () => {
      provider.reset();
      const worker = await startWorker();
      const handle = await client.start({ model: 'killed', ...QUESTION });
      await waitFor(() => provider.callCount('killed-up') === 1);
      await worker.kill();
      const next = await startWorker();
      const { report } = await handle.result();
      expect(report.ledger.entries.map(({ outcome }) => outcome)).toEqual(['lost', 'answered']);
      expect(await next.end('SIGTERM')).toBe(0);
      expect(written(handle.callId)).toMatchObject([{ type: 'success', attempt: 2, retries: 0 }]);
    },
  );

  test('that is told to stop waits for callbacks that run', async () => {
    const worker = await startWorker();
    const handle = await client.start({ model: 'drains', ...QUESTION });
    await handle.result();
    expect(written(handle.callId)).toEqual([]);
    const ended = worker.end('SIGTERM');
    await worker.said('stopping');
    await writeFile(join(folder, 'go'), '');
    expect(await ended).toBe(0);
    expect(written(handle.callId)).toMatchObject([{ type: 'success' }]);
  });

  test('does not start with a module that cannot be loaded', async () => {
    const { code, stderr } = await runCliProcess([...args, '--config', 'broken.yaml'], { cwd: folder });
    const file = join(folder, 'broken.mjs');
    expect(stderr).toContain(`broken.yaml: router_settings.callbacks: ${file} cannot be loaded: it was run.`);
    expect(code).toBe(2);
  });
});

describe('config check', () => {
  test('looks for modules, and does not run them', async () => {
    const { code, stdout } = await runCli(['config', 'check', 'broken.yaml'], { cwd: folder });
    expect(stdout).toMatch(/^broken\.yaml: good/);
    expect(stdout).toMatch(/router_settings .*\bcallbacks\b/);
    expect(code).toBe(0);
  });

  test('tells of one that is not there', async () => {
    const { code, stdout } = await runCli(['config', 'check', 'missing.yaml'], { cwd: folder });
    const file = join(folder, 'missing.mjs');
    expect(stdout).toContain(`router_settings.callbacks: ${file} cannot be read: no such file`);
    expect(code).toBe(2);
  });
});
