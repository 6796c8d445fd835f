import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { TOOL_CALLS } from '../helpers/tool-calls.js';
import { waitFor } from '../helpers/wait-for.js';

const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));

/** A bundler on a machine that has much else to do. */
const LONG_MS = 600_000;

const API = { fast: 'chat', smart: 'responses' } as const;

/** Each step but the last asks for a tool. The answers to these are held back until the test lets them go. */
const script = (tool: string) =>
  Object.fromEntries(
    Object.entries(API).map(([name, api]) => {
      const steps = ['heron', 'kingfisher'].map((bird) => {
        const call = { id: bird, name: tool, arguments: JSON.stringify({ bird }) };
        return { ...TOOL_CALLS[api](call), hold: true as const };
      });
      return [`${name}-up`, [...steps, { content: `At rivers, says ${name}.` }]];
    }),
  );

interface Program {
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The tool of its agents. */
  readonly tool: string;
  /** The models that they ask. */
  readonly models: readonly (keyof typeof API)[];
}

/** Kills a worker at each step of its agents but the last, and returns what the one that ends them prints. */
async function killAtEachStep({ command: [program = '', ...args], env, tool, models }: Program): Promise<string> {
  const gateway = await openGateway(
    { model_list: models.flatMap((name) => group(name)), router_settings: FAST },
    script(tool),
  );
  onTestFinished(() => gateway.close());
  const { provider } = gateway;
  const asked = () => models.map((name) => provider.callCount(`${name}-up`));
  const surroundings = {
    ...process.env,
    TEMPORAL_DEBUG: undefined,
    PYTHONDONTWRITEBYTECODE: '1',
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `agents-${randomUUID()}`,
    OPENAI_BASE_URL: `${gateway.url}/v1`,
    ...env,
  };
  const start = () => {
    const worker = spawn(program, args, { env: surroundings, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => kill(worker));
    return worker;
  };
  for (const step of [1, 2]) {
    const worker = start();
    const isAsked = () => asked().every((count) => count === step);
    await waitFor(isAsked, { what: `the requests of step ${step}`, timeoutMs: LONG_MS });
    await kill(worker);
    provider.release();
  }
  const output = await text(start().stdout);
  expect(asked()).toEqual(models.map(() => 3));
  for (const { body } of provider.requests.slice(-models.length)) {
    const told = JSON.stringify(body);
    for (const bird of ['heron', 'kingfisher']) expect(told).toContain(`The ${bird} lives at rivers.`);
  }
  return output;
}

describe('agents whose worker is killed twice end right, and the provider was asked once for each step', () => {
  test(
    "Vercel's AI SDK and OpenAI's Agents SDK",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-agents-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const BUNDLE = join(folder, 'bundle.js');
      await promisify(execFile)(process.execPath, [example('agents/bundle.mjs'), BUNDLE]);
      const command = [process.execPath, example('agents/main.mjs')];
      const output = await killAtEachStep({ command, env: { BUNDLE }, tool: 'lookUp', models: ['fast', 'smart'] });
      expect(output).toContain("answers: [ 'At rivers, says fast.', 'At rivers, says smart.' ]");
    },
    LONG_MS,
  );

  test.skipIf(skipWithout('python-agents'))(
    "OpenAI's Agents SDK for Python",
    async () => {
      const command = [locate('python-agents') ?? '', example('agents-python/main.py')];
      expect(await killAtEachStep({ command, tool: 'look_up', models: ['smart'] })).toContain(
        'answer: At rivers, says smart.',
      );
    },
    LONG_MS,
  );
});

async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}
