import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import { SOAK_SCRIPT, soak, soakConfig } from './soak.js';
import { openStack, startServe } from './stack.js';

const program = new Command('npm run bench:gateway-soak --')
  .description('Keeps holdfast serve busy with requests and streams, of which one in twenty meets a fault.')
  .option('--requests <count>', 'requests at a time', wholeNumber(0, 1000), 200)
  .option('--streams <count>', 'streams at a time', wholeNumber(0, 1000), 200)
  .option('--seconds <count>', 'for how long', wholeNumber(1, 100_000), 60)
  .parse();

const options = program.opts<{ requests: number; streams: number; seconds: number }>();
const { url, close } = await openStack(console.log, async (stack) => {
  const provider = await startMockProvider({ script: SOAK_SCRIPT, journal: false });
  stack.onClose(() => provider.close());
  const { url } = await startServe(stack, stringify(soakConfig(provider.url)));
  return { url };
});
try {
  const { problems, ...result } = await soak({ url, ...options });
  for (const problem of problems) console.log(problem);
  console.log(JSON.stringify({ ...options, ...result, problems: problems.length }));
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await close();
}
process.exit();
