import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { withClient } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';

const LONG_MS = 600_000;

const example = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({ model_list: group('fast'), router_settings: FAST }, { 'fast-up': 'ok' });
});
afterAll(() => gateway.close());

const env = () => ({
  ...process.env,
  TEMPORAL_DEBUG: undefined,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  HOLDFAST_TASK_QUEUE: gateway.taskQueue,
  OPENAI_BASE_URL: `${gateway.url}/v1`,
  PORT: '0',
});

/** Starts a service, and ends it with the test; returns where it listens. */
async function start(program: string, ...args: string[]): Promise<string> {
  const service = spawn(program, args, { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(service, 'exit');
  onTestFinished(async () => {
    service.kill();
    await ended;
  });
  const lines = createInterface(service.stdout)[Symbol.asyncIterator]();
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const [, url] = /listens at (\S+)/.exec(line.value) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`${program} ended before it listened`);
}

/** How often the provider is asked meanwhile. */
async function askedBy(act: () => Promise<void>): Promise<number> {
  const before = gateway.provider.callCount('fast-up');
  await act();
  return gateway.provider.callCount('fast-up') - before;
}

describe('the examples', () => {
  test('a service: the same request twice is one call, another one with its id a conflict', async () => {
    const url = await start(process.execPath, example('service/main.mjs'));
    const id = randomUUID();
    const put = async (text: string) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/summaries/${id}`, { method: 'PUT', headers, body: JSON.stringify({ text }) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const asked = await askedBy(async () => {
      const first = await put('A long text.');
      expect(first).toMatchObject({
        status: 200,
        body: { attempts: 1, summary: expect.stringContaining('A long text.') },
      });
      expect(await put('A long text.')).toEqual(first);
      expect(await put('Another one.')).toMatchObject({ status: 409, body: { error: 'ConflictError' } });
    });
    expect(asked).toBe(1);
  });

  test(
    'a batch each night, run at once',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-nightly-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const scheduleId = `nightly-${randomUUID()}`;
      onTestFinished(() => withClient((client) => client.schedule.getHandle(scheduleId).delete()));
      const nightly = { ...env(), TASK_QUEUE: scheduleId, OUTPUT: folder };
      const asked = await askedBy(async () => {
        const { stdout } = await promisify(execFile)(process.execPath, [example('nightly-batch/main.mjs'), '--now'], {
          env: nightly,
        });
        expect(stdout).toMatch(/ran: .*"answered":2,"failed":0/);
      });
      expect(asked).toBe(2);
    },
    LONG_MS,
  );

  test.skipIf(skipWithout('go'))(
    'a service in Go: the same request twice is one call',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-go-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const program = join(folder, 'service');
      await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: example('go-service') });
      const url = await start(program);
      const bird = `${url}/birds/${randomUUID()}`;
      const asked = await askedBy(async () => {
        for (const _ of [1, 2]) expect(await (await fetch(bird)).text()).toContain('Name a bird.');
      });
      expect(asked).toBe(1);
    },
    LONG_MS,
  );
});
