import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { configText, group, PLANTED_KEY } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { waitFor } from '../helpers/wait-for.js';
import { NO_TEMPORAL, runCliProcess } from './run-cli.js';

const taskQueue = `test-${randomUUID()}`;
const QUESTION = { messages: [{ role: 'user' as const, content: 'Hello' }] };

let folder: string;
let provider: MockProvider;
let client: HoldfastClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  provider = await startMockProvider({ script: { 'slow-up': 'held', 'hanging-up': 'hang,ok' } });
  client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue });
  const config = { model_list: [...group('slow'), ...group('hanging')] };
  await writeFile(join(folder, 'holdfast.yaml'), configText(config, provider.url));
});
afterAll(async () => {
  await client.close();
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

const args = (): string[] => ['worker', '--address', inject('temporalAddress'), '--task-queue', taskQueue];
const startWorker = async (...more: string[]): Promise<RunningCli> => {
  const worker = startCli([...args(), ...more], { env: NO_TEMPORAL, cwd: folder });
  await worker.said('polls task queue');
  return worker;
};

test('SIGTERM lets the call in flight finish, then it ends with 0', async () => {
  const worker = await startWorker();
  expect(worker.output()).toBe(
    `holdfast worker: polls task queue "${taskQueue}" of namespace "default" at ${inject('temporalAddress')}; ` +
      'config holdfast.yaml, groups: slow, hanging\n',
  );
  const handle = await client.start({ model: 'slow', ...QUESTION });
  await waitFor(() => provider.callCount('slow-up') === 1);
  const ended = worker.end('SIGTERM');
  await worker.said('holdfast: stopping; calls in flight have 10 s to finish');
  provider.release();
  expect(await ended).toBe(0);

  const next = await startWorker();
  const { report } = await handle.result();
  expect(report.ledger.entries).toMatchObject([{ outcome: 'answered' }]);
  expect(provider.callCount('slow-up')).toBe(1);
  expect(await next.end('SIGTERM')).toBe(0);
  expect(worker.output() + next.output()).not.toContain(PLANTED_KEY);
});

test('a second signal hands the call in flight over at once; metrics are served until then', async () => {
  const worker = await startWorker('--metrics-port', '0');
  const handle = await client.start({ model: 'hanging', ...QUESTION });
  await waitFor(() => provider.callCount('hanging-up') === 1);
  const [, metrics = ''] = /; metrics: (\S+)$/m.exec(worker.output()) ?? [];
  const statuses = ['metrics', 'health/liveness', 'elsewhere'].map(
    async (path) => (await fetch(new URL(path, metrics))).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 200, 404]);
  const text = await (await fetch(metrics)).text();
  expect(text).toMatch(/^holdfast_attempts_in_flight\{requested_model="hanging",.*\} 1$/m);
  expect(text).toMatch(/^temporal_/m);
  expect(text).not.toContain(PLANTED_KEY);
  worker.process.kill('SIGTERM');
  await worker.said('stopping');
  const [request] = provider.requestsFor('hanging-up');
  await worker.signalUntil('SIGINT', () => request?.abortedAt !== undefined);
  expect(await worker.ended()).toBe(0);

  const next = await startWorker();
  const { report } = await handle.result();
  expect(report.ledger.entries).toMatchObject([{ outcome: 'interrupted' }, { outcome: 'answered' }]);
  expect(await next.end('SIGTERM')).toBe(0);
});

test('a namespace that does not exist ends with 3', async () => {
  const { code, stderr } = await runCliProcess([...args(), '--namespace', 'nowhere'], { cwd: folder });
  expect(stderr).toContain('holdfast: the Temporal server at');
  expect(stderr).toContain('has no namespace "nowhere"');
  expect(code).toBe(3);
});
