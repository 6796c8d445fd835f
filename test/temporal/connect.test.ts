import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { startDevServer } from '../../src/dev-server/index.js';
import { connectToTemporal } from '../../src/temporal/connect.js';
import { temporalSettings } from '../../src/temporal/settings.js';
import { skipWithout } from '../helpers/requirements.js';

const CONNECTIONS = 40;

// A retry on a channel that is closed throws where nobody can catch it, which fails the run.
test.skipIf(skipWithout('temporal-cli'))(
  'a connection can be closed at any time while its requests are retried',
  async () => {
    const server = await startDevServer({ cli: inject('temporalCli')!, headless: true });
    const settings = temporalSettings({ address: server.address });
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connectToTemporal(settings)));
    await server.kill();
    // Timers of a busy process are late, and not in the order in which they were due.
    const busy = setInterval(() => {
      for (const endMs = performance.now() + 30; performance.now() < endMs;);
    }, 60);
    const ends = connections.map(async (opened, index) => {
      const asked = opened.connection.workflowService.describeNamespace({ namespace: 'default' });
      const failed = expect(asked).rejects.toThrow(/UNAVAILABLE|CANCELLED/);
      await sleep(1_000 + 40 * index);
      await opened.close();
      await failed;
    });
    await Promise.all(ends);
    clearInterval(busy);
  },
);
