import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { findTemporalCli, startDevServer } from '../src/dev-server/index.js';
import { freePort } from '../src/dev-server/ports.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import { startCli } from '../test/helpers/processes.js';
import { SOAK_SCRIPT, soak, soakConfig } from './soak.js';

const program = new Command('npm run bench:gateway-soak --')
  .description('Keeps holdfast serve busy with requests and streams, of which one in twenty meets a fault.')
  .option('--requests <count>', 'requests at a time', wholeNumber(0, 1000), 200)
  .option('--streams <count>', 'streams at a time', wholeNumber(0, 1000), 200)
  .option('--seconds <count>', 'for how long', wholeNumber(1, 100_000), 60)
  .parse();

const options = program.opts<{ requests: number; streams: number; seconds: number }>();
const cli = await findTemporalCli({ report: console.log, useExistingServer: false });
if (cli.kind !== 'cli') throw new Error('the benchmark starts a server of its own and found no Temporal CLI');
const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
const server = await startDevServer({ cli: cli.path, headless: true, dbFile: join(folder, 'temporal.db') });
const provider = await startMockProvider({ script: SOAK_SCRIPT, journal: false });
const config = join(folder, 'holdfast.yaml');
await writeFile(config, stringify(soakConfig(provider.url)));
const port = await freePort();
const serve = startCli(['serve', '--config', config, '--address', server.address, '--port', String(port)]);
try {
  await serve.said('polls task queue');
  const { problems, ...result } = await soak({ url: `http://127.0.0.1:${port}`, ...options });
  for (const problem of problems) console.log(problem);
  console.log(JSON.stringify({ ...options, ...result, problems: problems.length }));
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await serve.kill();
  await provider.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit();
