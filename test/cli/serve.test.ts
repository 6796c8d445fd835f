import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { configText, group } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { waitFor } from '../helpers/wait-for.js';
import { NO_TEMPORAL, runCli, runCliProcess } from './run-cli.js';

const MODELS = { model_list: group('good') };

let folder: string;
let provider: MockProvider;
const started: RunningCli[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-serve-'));
  provider = await startMockProvider({ script: { 'good-up': 'ok' } });
  await writeFile(join(folder, 'holdfast.yaml'), configText(MODELS, provider.url));
});
afterAll(async () => {
  for (const running of started) await running.kill();
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

const temporal = (): string[] => ['--address', inject('temporalAddress'), '--task-queue', `test-${randomUUID()}`];

async function start(command: 'serve' | 'gateway', args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const running = startCli([command, '--port', '0', ...args], { env: { ...NO_TEMPORAL, ...env }, cwd: folder });
  started.push(running);
  await running.said('groups: good');
  const [, url = ''] = / serves (\S+)\/v1 /.exec(running.output()) ?? [];
  return { running, url };
}

function ask(url: string, key = 'any', model = 'good'): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

test('serve: gateway and worker in one process, with the metrics of the SDK; it says whom it serves, and ends with 0', async () => {
  await writeFile(join(folder, 'own.yaml'), configText(MODELS, provider.url));
  const { running, url } = await start('serve', ['--config', 'own.yaml', ...temporal()]);
  expect(running.output()).toContain('to this machine only, without a key; polls task queue "test-');
  expect((await ask(url)).status).toBe(200);

  // The config is read again when its file changes; one that is wrong is refused, and the other stays.
  await writeFile(
    join(folder, 'own.yaml'),
    configText({ model_list: [...group('good'), ...group('more')] }, provider.url),
  );
  await running.said('is in force since');
  expect((await ask(url, 'any', 'more')).status).toBe(200);
  await writeFile(join(folder, 'own.yaml'), 'model_list: nothing');
  await running.said('is refused: the one before stays in force');
  expect((await ask(url, 'any', 'more')).status).toBe(200);
  // It may have been said of the file before, of which only a part was written when it was read.
  await waitFor(async () => (await (await fetch(`${url}/metrics`)).text()).includes('holdfast_config_last_read_ok 0'));
  await writeFile(join(folder, 'own.yaml'), configText(MODELS, provider.url));
  const reads = () => running.output().split('is in force since').length;
  await running.signalUntil('SIGHUP', () => reads() > 2);
  await waitFor(async () => (await ask(url, 'any', 'more')).status === 404, { what: 'the group to be gone' });

  // The response is counted when it has left, which may be after the client has read it.
  await waitFor(async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return (
      /^temporal_request\{/m.test(metrics) &&
      metrics.includes('holdfast_requests_total{route="/v1/chat/completions",status="200"} 3\n')
    );
  });
  expect(await running.end('SIGTERM')).toBe(0);
});

test('gateway: calls wait for a worker elsewhere; the keys of providers are none of its business', async () => {
  const config = {
    model_list: [{ model_name: 'good', litellm_params: { model: 'openai/ok', api_key: 'os.environ/NOT_SET' } }],
  };
  await writeFile(join(folder, 'apart.yaml'), stringify(config));
  const queue = temporal();
  const { running, url } = await start('gateway', ['--config', 'apart.yaml', ...queue]);
  expect(running.output()).not.toContain('NOT_SET');
  expect((await fetch(`${url}/health/readiness`)).status).toBe(503);
  const answer = ask(url);
  const worker = startCli(['worker', ...queue], { env: NO_TEMPORAL, cwd: folder });
  started.push(worker);
  expect((await answer).status).toBe(200);
  await waitFor(async () => (await fetch(`${url}/health/readiness`)).status === 200);
  expect(await running.end('SIGTERM')).toBe(0);
  expect(await worker.end('SIGTERM')).toBe(0);
});

describe('keys', () => {
  test('made by `holdfast key` are let in', async () => {
    const { code, stdout } = await runCli(['key', 'team-a', '--json']);
    expect(code).toBe(0);
    const { key, sha256, id } = JSON.parse(stdout) as Record<'key' | 'sha256' | 'id', string>;
    await writeFile(
      join(folder, 'keys.yaml'),
      configText(
        { ...MODELS, general_settings: { master_key: 'os.environ/MASTER', api_keys: [{ id, sha256 }] } },
        provider.url,
      ),
    );
    const args = ['--config', 'keys.yaml', ...temporal()];
    const { running, url } = await start('serve', args, { MASTER: 'sk-of-the-master' });
    expect(running.output()).toContain('to whoever has a key (team-a, master)');
    expect((await ask(url)).status).toBe(401);
    expect((await ask(url, key)).status).toBe(200);
    expect((await ask(url, 'sk-of-the-master')).status).toBe(200);
    expect(await running.end('SIGTERM')).toBe(0);

    const without = await runCliProcess(['gateway', ...args], { cwd: folder });
    expect(without).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the environment variable MASTER is not set'),
    });
  });

  test('are printed as the config wants them; a given one is never printed', async () => {
    const made = await runCli(['key']);
    expect(made.stdout).toMatch(
      /^The key, for whoever calls the gateway: sk-holdfast-[\w-]{43}\n\nIts entry in the config:\n\ngeneral_settings:\n {2}api_keys:\n {4}- id: my-app\n {6}sha256: [\da-f]{64}\n$/,
    );
    const given = await runCli(['key', 'team-b', '--stdin'], { input: 'abcdefghijklmnop\n' });
    expect(given.stdout).toBe(
      'general_settings:\n  api_keys:\n    - id: team-b\n      sha256: f39dac6cbaba535e2c207cd0cd8f154974223c848f727f98b3564cea569b41cf\n',
    );
    const none = await runCli(['key', 'team-b', '--stdin']);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('standard input is empty') });
    const short = await runCli(['key', 'team-b', '--stdin'], { input: 'abc\n' });
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('too short: take at least 16 characters') });
  });

  test.each(['', 'a: b', '*y', 'master'])('the id %j is refused, as the config would', async (id) => {
    const { code, stdout, stderr } = await runCli(['key', id]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${JSON.stringify(id)} is no id: it must`);
  });
});

describe('what cannot be served ends with 2, and says what to do', () => {
  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    for (const command of ['serve', 'gateway']) {
      const { code, stderr } = await runCliProcess([command, '--port', String(port), ...temporal()], { cwd: folder });
      expect(stderr).toContain(`holdfast: port ${port} of 127.0.0.1 is taken: choose another`);
      expect(code).toBe(2);
    }
    other.close();
  });

  test('every machine, without keys', async () => {
    const { code, stderr } = await runCliProcess(['serve', '--host', '0.0.0.0', '--port', '0', ...temporal()], {
      cwd: folder,
    });
    expect(stderr).toContain('holdfast: the config has no keys, and 0.0.0.0 can be reached from other machines');
    expect(code).toBe(2);
  });
});

test('every machine, without keys, when that is said: it warns', async () => {
  const { running, url } = await start('serve', ['--host', '0.0.0.0', '--allow-anybody', ...temporal()]);
  expect(running.output()).toContain('to ANYBODY, without a key');
  expect((await ask(url.replace('0.0.0.0', '127.0.0.1'))).status).toBe(200);
  expect(await running.end('SIGTERM')).toBe(0);
});

test('no Temporal ends with 3', async () => {
  for (const command of ['serve', 'gateway']) {
    const { code, stderr } = await runCliProcess([command, '--address', '127.0.0.1:1', '--port', '0'], { cwd: folder });
    expect(stderr).toContain('holdfast: no Temporal server answers at 127.0.0.1:1');
    expect(code).toBe(3);
  }
});
