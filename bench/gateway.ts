import { Command, Option } from 'commander';
import { wholeNumber } from '../src/cli/option-values.js';
import { table } from '../src/cli/table.js';
import { DATABASES, type Database } from './database.js';
import { load, type Load } from './gateway-load.js';
import { openTargets } from './gateway-targets.js';
import { median } from './statistics.js';

const program = new Command('npm run bench:gateway --')
  .description(
    "Compares holdfast serve with LiteLLM's proxy and with the provider itself, in turns, one provider for all.",
  )
  .option('--rounds <count>', 'rounds that count, after one to warm up', wholeNumber(1, 100), 3)
  .option('--requests <count>', 'requests to each in a round', wholeNumber(1, 100_000), 200)
  .option('--concurrency <count>', 'requests at a time', wholeNumber(1, 1000), 10)
  .option('--streams <count>', 'streams of each in a round, one at a time', wholeNumber(1, 10_000), 20)
  .addOption(new Option('--database <name>', "of Holdfast's Temporal server").choices(DATABASES).default('sqlite'))
  .parse();

const { rounds, database, ...options } = program.opts<{
  database: Database;
  rounds: number;
  requests: number;
  concurrency: number;
  streams: number;
}>();
const { targets, close } = await openTargets(console.log, database);
const measured = new Map<string, Load[]>(targets.map(({ name }) => [name, []]));
try {
  for (let round = 0; round <= rounds; round += 1) {
    for (const target of targets) {
      const result = await load(target, options);
      const rate = `${result.requestsPerSecond.toFixed(0)} requests/s, ${result.cpuMs.toFixed(1)} ms of CPU each`;
      console.log(`${round === 0 ? 'warm-up' : `round ${round}`}: ${target.name.padEnd(10)} ${rate}`);
      if (round > 0) measured.get(target.name)?.push(result);
    }
  }
} finally {
  await close();
}

const of = (name: string, figure: keyof Load) => median((measured.get(name) ?? []).map((result) => result[figure]));
const added = (name: string, figure: 'p50Ms' | 'p95Ms' | 'firstTokenMs') => of(name, figure) - of('direct', figure);
const rounded = (value: number) => Math.round(value * 100) / 100;
console.log(
  `\n${table(
    ['', 'requests/s', 'added p50, ms', 'added p95, ms', 'CPU ms', 'first token, ms'],
    targets.map(({ name }) => [
      name,
      of(name, 'requestsPerSecond').toFixed(0),
      added(name, 'p50Ms').toFixed(1),
      added(name, 'p95Ms').toFixed(1),
      of(name, 'cpuMs').toFixed(1),
      of(name, 'firstTokenMs').toFixed(1),
    ]),
  )}\n`,
);
/** Against LiteLLM's proxy: below 1 is less CPU, a first token that is sooner; above 1 is more requests. */
const versus = (name: string) => ({
  cpu_vs_litellm: rounded(of(name, 'cpuMs') / of('litellm', 'cpuMs')),
  rate_vs_litellm: rounded(of(name, 'requestsPerSecond') / of('litellm', 'requestsPerSecond')),
  first_token_vs_litellm: rounded(added(name, 'firstTokenMs') / added('litellm', 'firstTokenMs')),
});
console.log(JSON.stringify({ ...versus('always'), on_failure: versus('on-failure') }));
process.exit();
