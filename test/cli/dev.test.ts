import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptsConnections } from '../../src/dev-server/ports.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { configText, group } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { NO_TEMPORAL, runCli, runCliProcess } from './run-cli.js';

describe.skipIf(skipWithout('temporal-cli'))('dev', () => {
  let folder: string;
  let provider: MockProvider;
  const started: RunningCli[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-dev-'));
    provider = await startMockProvider({ script: { 'good-up': 'ok', 'late-up': '503(retry-after=2),ok' } });
    const config = { model_list: [...group('good'), ...group('late')] };
    await writeFile(join(folder, 'holdfast.example.yaml'), configText(config, provider.url));
  });
  afterAll(async () => {
    for (const dev of started) await dev.kill();
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  });

  const env = (): NodeJS.ProcessEnv => ({ ...NO_TEMPORAL, HOLDFAST_TEMPORAL_CLI: locate('temporal-cli') });
  const dev = async (): Promise<{ dev: RunningCli; address: string; ui: string; gateway: string }> => {
    const running = startCli(['dev', '--port', '0', '--ui-port', '0', '--gateway-port', '0'], {
      env: env(),
      cwd: folder,
    });
    started.push(running);
    await running.said('Ready.');
    const found =
      /Temporal +(?<address>\S+),[^]*UI +(?<ui>\S+)[^]*gateway +(?<gateway>\S+)/.exec(running.output())?.groups ?? {};
    const { address = '', ui = '', gateway = '' } = found;
    return { dev: running, address, ui, gateway };
  };
  const portOf = (address: string): number => Number(address.split(':').at(-1));

  test('runs a server and a worker; ends both at Ctrl-C; goes on with what was not done at the next start', async () => {
    // Of before, when everybody could read them.
    for (const name of ['.', 'payloads', 'files']) await mkdir(join(folder, '.holdfast', name), { recursive: true });
    await promisify(execFile)('chmod', ['-R', 'a+rwX', join(folder, '.holdfast')]);
    const first = await dev();
    expect(first.dev.output()).toContain('holdfast.example.yaml');
    expect(first.dev.output()).toMatch(/^groups +good, late$/m);
    expect(first.dev.output()).toContain(
      `HOLDFAST_UI=${first.ui} npx holdfast call "Say hello" --model good --address ${first.address}`,
    );
    const database = join(folder, '.holdfast', 'temporal.db');
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    const folders = ['.', 'payloads', 'files'].map((name) => join(folder, '.holdfast', name));
    expect(await Promise.all([...folders, database].map(modeOf))).toEqual(['700', '700', '700', '600']);
    const answered = await runCli(['call', 'Hello', '--model', 'good', '--address', first.address]);
    expect(answered).toMatchObject({ code: 0, stdout: 'Echo: Hello\n' });

    // The snippets that it prints are what a user pastes.
    const snippet = first.dev.output().split("OpenAI's API:\n\n")[1] ?? '';
    const [, curl = ''] = /^(curl [^]*?)\n\n/.exec(snippet) ?? [];
    const { stdout } = await promisify(execFile)('sh', ['-c', `${curl} --silent`]);
    expect(JSON.parse(stdout)).toMatchObject({ choices: [{ message: { content: 'Echo: Say hello' } }] });
    const [, node = ''] = /\n\n(import OpenAI[^]*?)\n\n/.exec(snippet) ?? [];
    const script = fileURLToPath(new URL('../../node_modules/.pasted-snippet.mjs', import.meta.url));
    await writeFile(script, node);
    expect(await promisify(execFile)(process.execPath, [script])).toMatchObject({ stdout: 'Echo: Say hello\n' });
    await rm(script);

    const more = { model_list: [...group('good'), ...group('late'), ...group('more')] };
    await writeFile(join(folder, 'holdfast.example.yaml'), configText(more, provider.url));
    await first.dev.said('is in force since');
    const asked = await runCli(['call', 'More', '--model', 'more', '--address', first.address]);
    expect(asked).toMatchObject({ code: 0, stdout: 'Echo: More\n' });

    const late = ['call', 'Later', '--model', 'late', '--id', 'later', '--address'];
    await runCli([...late, first.address, '--detach']);
    await waitFor(() => provider.callCount('late-up') >= 1);
    expect(await first.dev.end('SIGINT')).toBe(0);
    expect(await acceptsConnections(portOf(first.address))).toBe(false);
    expect(await acceptsConnections(portOf(first.ui))).toBe(false);

    await chmod(database, 0o666);
    const second = await dev();
    expect(await modeOf(database)).toBe('600');
    expect(await runCli([...late, second.address])).toMatchObject({ code: 0, stdout: 'Echo: Later\n' });
    expect(provider.callCount('late-up')).toBe(2);
    expect(await second.dev.end('SIGTERM')).toBe(0);
    expect(await acceptsConnections(portOf(second.address))).toBe(false);
    // Two servers start and stop, which takes its time on a busy machine.
  }, 300_000);

  test.each(['--port', '--gateway-port'])('a port that is taken ends with 2: %s', async (option) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const ports = ['--port', '0', '--gateway-port', '0', option, String(port)];
    const { code, stderr } = await runCliProcess(['dev', ...ports], { env: env(), cwd: folder });
    other.close();
    expect(stderr).toContain(`holdfast: port ${port} is taken, perhaps by another \`holdfast dev\``);
    expect(stderr).toContain(option);
    expect(code).toBe(2);
  });
});
