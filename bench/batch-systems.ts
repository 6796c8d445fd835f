import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BatchMode, HoldfastClient } from '../src/client.js';
import { cpuTimeMs } from './cpu-time.js';
import type { Environment } from './environment.js';

/** What one run of one system was like. */
export interface Run {
  readonly rowsPerSecond: number;
  /** CPU of all processes but the provider, per row, in milliseconds. */
  readonly cpuMs: number;
  /** The part of it that the Temporal server used. */
  readonly serverCpuMs: number;
  /** Peak memory of the process that makes the requests. */
  readonly peakMegabytes: number;
}

export interface RunOptions {
  readonly rows: number;
  readonly concurrency: number;
}

/**
 * A file of rows in a folder that is gone afterwards.
 * @param modelOf - the model group of each row. @default the one that is answered at once
 */
export async function withRows<T>(
  rows: number,
  work: (input: string, folder: string) => Promise<T>,
  modelOf: (row: number) => string = () => 'good',
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const line = (index: number) =>
    JSON.stringify({
      custom_id: `row-${index}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: modelOf(index),
        messages: [{ role: 'user', content: `What is ${index} times ${index}? ${FILLER}` }],
      },
    });
  function* lines(): Generator<string> {
    for (let index = 0; index < rows; index += 1) yield `${line(index)}\n`;
  }
  try {
    const input = join(folder, 'input.jsonl');
    await pipeline(Readable.from(lines()), createWriteStream(input));
    return await work(input, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prompts of usual length. */
const FILLER = 'Think step by step, and answer in one line. '.repeat(8);

export async function runBatch(
  client: HoldfastClient,
  env: Environment,
  mode: BatchMode,
  { rows, concurrency }: RunOptions,
): Promise<Run> {
  return withRows(rows, async (input, folder) => {
    const server = (await cpuTimeMs(env.serverPid)) ?? Number.NaN;
    const worker = (await cpuTimeMs(env.workerPid)) ?? Number.NaN;
    const own = process.cpuUsage();
    const startedMs = performance.now();
    const batch = await client.batches.submit({ input, output: join(folder, 'out'), mode, concurrency });
    const { counts } = await batch.result();
    const seconds = (performance.now() - startedMs) / 1000;
    if (counts.answered !== rows) throw new Error(`${counts.answered} of ${rows} rows were answered`);
    const { user, system } = process.cpuUsage(own);
    const serverCpuMs = (((await cpuTimeMs(env.serverPid)) ?? Number.NaN) - server) / rows;
    const workerCpuMs = (((await cpuTimeMs(env.workerPid)) ?? Number.NaN) - worker) / rows;
    return {
      rowsPerSecond: rows / seconds,
      cpuMs: serverCpuMs + workerCpuMs + (user + system) / 1000 / rows,
      serverCpuMs,
      peakMegabytes: await peakMegabytes(env.workerPid),
    };
  });
}

export async function runRouter(python: string, providerUrl: string, { rows, concurrency }: RunOptions): Promise<Run> {
  return withRows(rows, async (input, folder) => {
    const script = fileURLToPath(new URL('litellm_router.py', import.meta.url));
    const args = [script, input, join(folder, 'output.jsonl'), `${providerUrl}/v1`, String(concurrency)];
    const env = { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' };
    const { stdout } = await promisify(execFile)(python, args, { env });
    const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    const { seconds = Number.NaN, cpuSeconds = Number.NaN, peakMegabytes: peak = Number.NaN } = told;
    return {
      rowsPerSecond: rows / seconds,
      cpuMs: (cpuSeconds * 1000) / rows,
      serverCpuMs: 0,
      peakMegabytes: peak,
    };
  });
}

/** Linux tells it; elsewhere it is not known. */
async function peakMegabytes(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
