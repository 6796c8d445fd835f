import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { startService, type ServiceOptions } from '../../src/cli/start-service.js';
import { HoldfastClient } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { ProcessDriver } from '../../src/driven/first-task-driver.js';
import { startWorker } from '../../src/worker.js';
import { openLog } from '../../src/worker/logger.js';
import { openForwarder, type Forwarder } from '../helpers/forwarder.js';
import { configText, group } from '../helpers/holdfast.js';
import { installTestRuntime } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

const closing: (() => Promise<unknown>)[] = [];
let server: Forwarder;
let options: ServiceOptions;
beforeEach(async () => {
  installTestRuntime();
  server = await openForwarder(inject('temporalAddress'));
  closing.push(() => server.close());
  options = {
    config: parseConfig(configText({ model_list: group('a') }, 'http://127.0.0.1:1'), { source: 'test', env: {} }),
    address: server.address,
    taskQueue: `test-${randomUUID()}`,
    port: 0,
    drainSeconds: 0,
    log: openLog('silent', { write: () => undefined }),
    workflowBundle: { codePath: inject('workflowBundlePath') },
  };
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).toReversed()) await close();
});

async function listen(onConnection: (socket: Socket) => void = () => undefined): Promise<number> {
  const taken = createServer(onConnection);
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  closing.push(async () => taken.close());
  return (taken.address() as AddressInfo).port;
}

const allAreClosed = () => waitFor(() => server.connections() === 0, { what: 'all connections to be closed' });

describe('what cannot start leaves no connection to Temporal', () => {
  test('a gateway whose port is taken', async () => {
    await expect(startService({ ...options, port: await listen() })).rejects.toThrow('is taken');
    await allAreClosed();
  });

  test('first attempts that cannot be made here', async () => {
    vi.spyOn(ProcessDriver, 'open').mockRejectedValueOnce(new Error('no connection'));
    await expect(startService(options)).rejects.toThrow('no connection');
    await allAreClosed();
  });

  test('a worker whose workflows are not there', async () => {
    await expect(startWorker({ ...options, workflowBundle: { codePath: '/nowhere' } })).rejects.toThrow();
    await allAreClosed();
  });

  test('a client of a server that hangs up', async () => {
    let tries = 0;
    const port = await listen((socket) => {
      tries += 1;
      socket.destroy();
    });
    const connecting = HoldfastClient.connect({ address: `127.0.0.1:${port}` });
    await expect(connecting).rejects.toMatchObject({ name: 'TemporalUnavailableError' });
    const triesBefore = tries;
    // It would have tried again meanwhile.
    await sleep(3_000);
    expect(tries - triesBefore).toBeLessThanOrEqual(1);
  });
});
