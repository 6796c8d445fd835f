// Calls with large payloads and encryption, between a worker of an older commit and today's.
//
//   npm run older-worker -- [--commit COMMIT]
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SEARCH_ATTRIBUTE_LIST } from '../src/core/common/search-attributes.js';
import { findTemporalCli, startDevServer } from '../src/dev-server/index.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import { startCli, type RunningCli } from '../test/helpers/processes.js';
import { waitFor } from '../test/helpers/wait-for.js';
import { ignoreTemporalSettings, runToExit, type AtTheEnd } from './case-servers.js';

const CALLS_AT_ONCE = 6;
const PLANTED = ' planted ';

type Build = 'older' | 'today';

async function main(args: string[], atTheEnd: AtTheEnd): Promise<number> {
  const { values } = parseArgs({ args, options: { commit: { type: 'string', default: firstWithStorage() } } });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-older-'));
  atTheEnd(async () => rmSync(folder, { recursive: true, force: true }));
  await ignoreTemporalSettings(join(folder, 'temporal.toml'));
  console.log(`builds ${values.commit}`);
  const programs: Record<Build, string | undefined> = { older: buildOf(values.commit, folder), today: undefined };

  const cli = await findTemporalCli({ report: console.log, useExistingServer: false });
  if (cli.kind !== 'cli') throw new Error('no Temporal CLI');
  const dbFile = join(folder, 'temporal.db');
  const server = await startDevServer({
    cli: cli.path,
    headless: true,
    dbFile,
    searchAttributes: SEARCH_ATTRIBUTE_LIST,
  });
  atTheEnd(() => server.stop());
  const large = textOf(2_000_000);
  const provider = await startMockProvider({
    script: { held: [{ content: large, hold: true }], flaky: [{ status: 503 }, { content: large }] },
  });
  atTheEnd(() => provider.close());

  const store = join(folder, 'payloads');
  const config = join(folder, 'holdfast.yaml');
  writeFileSync(config, configText(provider.url, store));
  const at = ['--config', config, '--address', server.address];
  const start = async (build: Build, command: 'gateway' | 'worker', ready: RegExp, ...more: string[]) => {
    const program = programs[build];
    const running = startCli([command, ...at, ...more], { cwd: folder, ...(program && { program }) });
    atTheEnd(() => running.kill());
    await running.said(ready);
    return running;
  };
  const worker = (build: Build) => start(build, 'worker', /polls task queue/);
  const gateway = async (build: Build) => {
    const running = await start(build, 'gateway', / serves http\S+\/v1 /, '--port', '0');
    return / serves (http\S+)\/v1 /.exec(running.output())?.[1] ?? '';
  };
  const gateways = { older: await gateway('older'), today: await gateway('today') };
  const ask = async (build: Build, model: string): Promise<void> => {
    const answer = await askAt(gateways[build], model, textOf(1_500_000));
    if (answer !== large) throw new Error(`a call by the gateway of ${build} has another answer`);
  };

  /** A worker is killed while a call waits for its answer; another one goes on with it. */
  const handedOver = async (by: Build, from: Build, to: Build): Promise<void> => {
    const before = provider.callCount('held');
    const first = await worker(from);
    const asked = ask(by, 'held');
    await waitFor(() => provider.callCount('held') > before);
    await first.kill();
    const second = await worker(to);
    await Promise.race([asked, waitFor(() => provider.callCount('held') > before + 1)]);
    provider.release();
    await asked;
    await second.end('SIGTERM');
    console.log(`gateway ${by}, worker ${from}, killed, then ${to}: answered`);
  };
  const together = async (by: Build): Promise<void> => {
    const workers: RunningCli[] = [await worker('older'), await worker('today')];
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, () => ask(by, 'flaky')));
    for (const running of workers) await running.end('SIGTERM');
    console.log(`gateway ${by}, workers of both at once: ${CALLS_AT_ONCE} calls answered`);
  };

  await handedOver('older', 'older', 'today');
  await handedOver('today', 'today', 'older');
  await together('older');
  await together('today');
  const found = await filesWith(PLANTED, [store, folder]);
  if (found.length > 0) throw new Error(`in plain text: ${found.join(', ')}`);
  return 0;
}

/** The first commit that had external storage. */
function firstWithStorage(): string {
  const path = 'src/external-storage/payload-store.ts';
  const commits = execFileSync('git', ['log', '--diff-filter=A', '--format=%h', '--', path], { encoding: 'utf8' });
  return commits.trim().split('\n').at(-1) ?? 'HEAD';
}

/** Builds a commit, with the dependencies of this clone; returns its program. */
function buildOf(commit: string, folder: string): string {
  const clone = join(folder, 'clone');
  execFileSync('git', ['clone', '--quiet', '--shared', '--no-checkout', '.', clone]);
  execFileSync('git', ['checkout', '--quiet', commit], { cwd: clone });
  symlinkSync(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
  execFileSync(process.execPath, [join('scripts', 'build.mjs')], { cwd: clone, stdio: 'ignore' });
  return join(clone, 'dist', 'cli', 'main.js');
}

function configText(provider: string, location: string): string {
  const model = (name: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `${provider}/v1`, api_key: 'none' },
  });
  return JSON.stringify({
    model_list: [model('held'), model('flaky')],
    router_settings: { num_retries: 5, retry_after: 0 },
    external_storage: { location },
    encryption: { keys: [{ id: 'k1', key: Buffer.alloc(32, 7).toString('base64') }] },
  });
}

/** Without a pattern, the same each time, that has a word now and then. */
function textOf(bytes: number): string {
  const random = createCipheriv('aes-256-ctr', Buffer.alloc(32, bytes % 251), Buffer.alloc(16)).update(
    Buffer.alloc(bytes),
  );
  return random.toString('base64').slice(0, bytes).replaceAll(/aa./g, PLANTED);
}

async function askAt(url: string, model: string, content: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${text.slice(0, 500)}`);
  return (JSON.parse(text) as { choices: [{ message: { content: string } }] }).choices[0].message.content;
}

async function filesWith(text: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: folder !== folders.at(-1), withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path);
    }
  }
  return found;
}

await runToExit('older-worker', (atTheEnd) => main(process.argv.slice(2), atTheEnd));
