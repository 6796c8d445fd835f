import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { TOOL_CALLS } from '../helpers/tool-calls.js';
import { waitFor } from '../helpers/wait-for.js';

const example = (file: string) => fileURLToPath(new URL(`../../examples/agents/${file}`, import.meta.url));

/** A bundler on a machine that has much else to do. */
const LONG_MS = 600_000;

const API = { 'fast-up': 'chat', 'smart-up': 'responses' } as const;

/** Each step but the last asks for a tool. The answers to these are held back until the test lets them go. */
const SCRIPT = Object.fromEntries(
  Object.entries(API).map(([model, api]) => {
    const steps = ['heron', 'kingfisher'].map((bird) => {
      const call = { id: bird, name: 'lookUp', arguments: JSON.stringify({ bird }) };
      return { ...TOOL_CALLS[api](call), hold: true as const };
    });
    return [model, [...steps, { content: `At rivers, says ${model}.` }]];
  }),
);

test(
  'agents of two SDKs whose worker is killed twice end right, and the provider was asked once for each step',
  async () => {
    const gateway = await openGateway(
      { model_list: [...group('fast'), ...group('smart')], router_settings: FAST },
      SCRIPT,
    );
    onTestFinished(() => gateway.close());
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-agents-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { provider } = gateway;
    const env = {
      ...process.env,
      TEMPORAL_DEBUG: undefined,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TASK_QUEUE: `agents-${randomUUID()}`,
      OPENAI_BASE_URL: `${gateway.url}/v1`,
      BUNDLE: join(folder, 'bundle.js'),
    };
    await promisify(execFile)(process.execPath, [example('bundle.mjs'), env.BUNDLE]);
    const start = () => {
      const worker = spawn(process.execPath, [example('main.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => kill(worker));
      return worker;
    };
    const asked = () => Object.keys(API).map((model) => provider.callCount(model));

    for (const step of [1, 2]) {
      const worker = start();
      const isAsked = () => asked().every((count) => count === step);
      await waitFor(isAsked, { what: `the requests of step ${step}`, timeoutMs: LONG_MS });
      await kill(worker);
      provider.release();
    }
    expect(await text(start().stdout)).toContain(
      "answers: [ 'At rivers, says fast-up.', 'At rivers, says smart-up.' ]",
    );
    expect(asked()).toEqual([3, 3]);
    for (const { body } of provider.requests.slice(-2)) {
      const told = JSON.stringify(body);
      for (const bird of ['heron', 'kingfisher']) expect(told).toContain(`The ${bird} lives at rivers.`);
    }
  },
  LONG_MS,
);

async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}
