import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { DevServerError, startDevServer, type DevServer, type DevServerOptions } from '../../src/dev-server/index.js';
import { acceptsConnections, freePort } from '../../src/dev-server/ports.js';
import { isAlive } from '../helpers/processes.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { writeFakeCli } from './fake-programs.js';

let directory: string;
let started: DevServer[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-dev-server-'));
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()));
  await rm(directory, { recursive: true, force: true });
});

async function start(options: Partial<DevServerOptions> = {}): Promise<DevServer> {
  const server = await startDevServer({ cli: inject('temporalCli') ?? '', headless: true, ...options });
  started.push(server);
  return server;
}

async function withClient<T>(server: DevServer, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function expectRunning(server: DevServer, workflowId: string): Promise<void> {
  const { status } = await withClient(server, (client) => client.workflow.getHandle(workflowId).describe());
  expect(status.name).toBe('RUNNING');
}

describe.skipIf(skipWithout('temporal-cli'))('a dev server', () => {
  test('serves, with its own namespace, search attributes, UI and log file, and stops', async () => {
    const logFile = join(directory, 'logs', 'server.log');
    const server = await start({
      headless: false,
      namespace: 'orders',
      searchAttributes: [{ name: 'HoldfastTest', type: 'Keyword' }],
      logFile,
    });
    expect((await fetch(server.uiUrl ?? '')).status).toBe(200);
    const { customAttributes } = await withClient(server, (client) =>
      client.connection.operatorService.listSearchAttributes({ namespace: 'orders' }),
    );
    expect(customAttributes).toHaveProperty('HoldfastTest');
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(await readFile(logFile, 'utf8')).toContain(`:${server.port}`);
  });

  test('killed with SIGKILL and started again on its file and port, it still has its workflows', async () => {
    const options = { dbFile: join(directory, 'data', 'temporal.db'), port: await freePort() };
    const first = await start(options);
    await withClient(first, (client) => client.workflow.start('nobody', { workflowId: 'kept', taskQueue: 'none' }));
    await first.kill();

    const second = await start(options);
    expect(second.address).toBe(first.address);
    await expectRunning(second, 'kept');
    await second.stop();
    await expectRunning(await start(options), 'kept');
  });

  test('tells when it dies by itself, and not when it was ended', async () => {
    const onUnexpectedExit = vi.fn<(error: DevServerError) => void>();
    const server = await start({ onUnexpectedExit });
    process.kill(server.pid, 'SIGKILL');
    await once(server.process, 'close');
    await waitFor(() => onUnexpectedExit.mock.calls.length === 1);
    expect(onUnexpectedExit.mock.calls[0]?.[0].message).toContain('SIGKILL');

    const ended = vi.fn<(error: DevServerError) => void>();
    await (await start({ onUnexpectedExit: ended })).kill();
    expect(ended).not.toHaveBeenCalled();
  });

  test('a port in use is reported with what the server printed', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow(/did not start.*address already in use/s);
  });

  test('dies with its parent, even when that is killed with SIGKILL', async () => {
    const script = fileURLToPath(new URL('./start-and-wait.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--import', 'tsx', script, inject('temporalCli') ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { port, pid } = JSON.parse(String(line)) as { port: number; pid: number };
    expect(await acceptsConnections(port)).toBe(true);
    parent.kill('SIGKILL');
    await waitFor(() => !isAlive(pid), { what: 'the server to end' });
  });
});

describe('a dev server that does not come up', () => {
  test('is reported with its last lines', async () => {
    const cli = await writeFakeCli(join(directory, 'temporal'), 'this is no server');
    await expect(startDevServer({ cli })).rejects.toThrow(/did not start \(exit code 0\).*this is no server/s);
  });

  test('is reported when there is no such program', async () => {
    const promise = startDevServer({ cli: join(directory, 'missing') });
    await expect(promise).rejects.toBeInstanceOf(DevServerError);
    await expect(promise).rejects.toThrow(/ENOENT/);
  });
});
