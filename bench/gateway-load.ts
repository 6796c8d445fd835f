import { Agent, fetch } from 'undici';
import { cpuTimeMs } from './cpu-time.js';
import { median } from './statistics.js';

/** Something that speaks OpenAI's API. */
export interface Target {
  readonly name: string;
  /** With `/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly key: string;
  /** Sent with each request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** The processes whose CPU time it uses, the provider's not among them. */
  readonly pids: readonly number[];
}

/** What a round with a target was like. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** CPU of all its processes for a request. */
  readonly cpuMs: number;
  /** p50 of the time to the first content of a stream, one stream at a time. */
  readonly firstTokenMs: number;
}

export interface LoadOptions {
  readonly requests: number;
  readonly concurrency: number;
  readonly streams: number;
}

const dispatcher = new Agent({ connections: 500, headersTimeout: 0, bodyTimeout: 0 });

export async function load(target: Target, { requests, concurrency, streams }: LoadOptions): Promise<Load> {
  const before = await cpuOf(target);
  const startedMs = performance.now();
  const latencies: number[] = [];
  let left = requests;
  const caller = async () => {
    while (left-- > 0) latencies.push(await timed(() => ask(target)));
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const seconds = (performance.now() - startedMs) / 1000;
  const cpuMs = ((await cpuOf(target)) - before) / requests;
  const firstTokens: number[] = [];
  for (let stream = 0; stream < streams; stream += 1) firstTokens.push(await timeToFirstToken(target));
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    requestsPerSecond: requests / seconds,
    p50Ms: median(sorted),
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    cpuMs,
    firstTokenMs: median(firstTokens),
  };
}

async function cpuOf({ pids }: Target): Promise<number> {
  const times = await Promise.all(pids.map(cpuTimeMs));
  return times.reduce<number>((sum, time) => sum + (time ?? Number.NaN), 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function post({ baseUrl, model, key, headers = {} }: Target, stream: boolean) {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Which bird is this?' }] }),
    dispatcher,
  });
  if (response.status !== 200) throw new Error(`${baseUrl} answered ${response.status}: ${await response.text()}`);
  return response;
}

async function ask(target: Target): Promise<void> {
  await (await post(target, false)).text();
}

/** From sending to the first chunk that has content. */
async function timeToFirstToken(target: Target): Promise<number> {
  const startedMs = performance.now();
  let firstMs = Number.NaN;
  let text = '';
  for await (const block of (await post(target, true)).body ?? []) {
    text += Buffer.from(block as Uint8Array).toString();
    if (Number.isNaN(firstMs) && /"content":\s*"[^"]/.test(text)) firstMs = performance.now() - startedMs;
  }
  if (!text.includes('[DONE]')) throw new Error(`a stream of ${target.name} did not come to its end`);
  return firstMs;
}
