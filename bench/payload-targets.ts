import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startMockProvider, type MockProvider } from '../src/mock-provider/index.js';
import { startCli } from '../test/helpers/processes.js';
import type { Stack } from './stack.js';
import { withVitals } from './vitals.js';

const ENCRYPTION = { keys: [{ id: 'k1', key: Buffer.alloc(32, 7).toString('base64') }] };
/** With `serve` gateway and worker are one process. */
const WAYS = { plain: {}, encrypted: { encryption: ENCRYPTION }, serve: {} };
export type Way = keyof typeof WAYS;

/** An image as base64, as image models answer it, of so many bytes. */
export const ANSWER_KB = 10_000;

export interface Target {
  readonly way: Way;
  readonly url: string;
  readonly store: string;
  /** The gateway, and the worker where it is another process. */
  readonly processes: readonly { readonly pid: number; readonly socket: string }[];
}

/** Answers `good` shortly, `image` at length, and `held` when it is told to. */
export function startProvider(): Promise<MockProvider> {
  const script = {
    good: [{ content: 'ok' }],
    image: [{ content: textOf(ANSWER_KB) }],
    held: [{ hold: true as const }],
  };
  return startMockProvider({ script, journal: false });
}

/** A gateway and a worker that have been asked nothing yet. */
export async function startTarget(
  { folder, server, onClose }: Stack,
  provider: MockProvider,
  way: Way,
): Promise<Target> {
  const store = join(folder, `payloads-${way}`);
  const config = join(folder, `${way}.yaml`);
  const model = (name: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `${provider.url}/v1`, api_key: 'none' },
  });
  const models = ['good', 'image', 'held'].map(model);
  await writeFile(config, stringify({ model_list: models, external_storage: { location: store }, ...WAYS[way] }));
  const at = ['--config', config, '--address', server.address, '--task-queue', `bench-${way}`];
  const start = async (command: string, ready: RegExp, ...more: string[]) => {
    const socket = join(folder, `${way}-${command}`);
    const running = startCli([command, ...at, ...more], { env: withVitals(socket) });
    onClose(() => running.end('SIGTERM'));
    await running.said(ready);
    return { running, process: { pid: running.process.pid ?? 0, socket } };
  };
  const workers = way === 'serve' ? [] : [await start('worker', /polls task queue/)];
  const gateway = await start(way === 'serve' ? 'serve' : 'gateway', / serves http\S+\/v1 /, '--port', '0');
  const [, url = ''] = / serves (http\S+)\/v1 /.exec(gateway.running.output()) ?? [];
  return { way, url, store, processes: [gateway, ...workers].map(({ process }) => process) };
}

/** Returns the id of the call. Each prompt is another one: what is the same in a call is stored once. */
export async function ask({ url }: Target, kilobytes: number, model: string): Promise<string> {
  const content = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${textOf(kilobytes)}` } }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${answer.slice(0, 500)}`);
  return response.headers.get('x-holdfast-workflow-id') ?? '';
}

function textOf(kilobytes: number): string {
  return randomBytes((kilobytes * 1000 * 3) / 4).toString('base64');
}
