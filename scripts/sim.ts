// Runs calls and batches against a clock, providers, files and a Temporal of the simulator's own, all decided by a seed, and
// checks what must hold.
//
//   npm run sim -- [--seed N] [--calls C] [--batches B] [--seconds S] [--failed]
import { parseArgs } from 'node:util';
import { FAILED_SEEDS } from '../test/sim/failed-seeds.js';
import { replayLine, simulate } from '../test/sim/simulate.js';
import type { WorldOptions } from '../test/sim/world.js';

const HELP = `npm run sim -- [options]

  --seed N       runs this world only (default: other ones each time, until the time is over)
  --worlds N     so many worlds from the seed on (default: 1)
  --calls C      calls in each world (default: 200)
  --batches B    batches in each world (default: 4)
  --seconds S    for how long fresh worlds are begun (default: 60)
  --failed       runs the worlds in which something did not hold once`;

const SHOWN_PROBLEMS = 20;
/** How often a long run says how far it is. */
const WORD_EVERY_MS = 60_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    worlds: { type: 'string', default: '1' },
    calls: { type: 'string', default: '200' },
    batches: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '60' },
    failed: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const sizes = { calls: Number(values.calls), batches: Number(values.batches) };

function* worlds(): Generator<WorldOptions> {
  if (values.failed) return yield* FAILED_SEEDS;
  const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
  const endMs = performance.now() + Number(values.seconds) * 1000;
  const isMore = (seed: number) =>
    values.seed === undefined ? performance.now() < endMs : seed < first + Number(values.worlds);
  for (let seed = first; isMore(seed); seed++) yield { seed, ...sizes };
}

async function main(): Promise<number> {
  const done = { worlds: 0, calls: 0, batches: 0, rows: 0, failed: 0 };
  const soFar = (): string => {
    const { worlds: count, calls, batches, rows, failed } = done;
    const rate = Math.round((calls + rows) / (process.cpuUsage().user / 60e6));
    const inAll = `${count} worlds, ${calls} calls, ${batches} batches of ${rows} rows; ${failed} worlds failed`;
    return `${inAll}; ${rate} calls and rows a minute of a core`;
  };
  // A world that is run again says where it went wrong; to keep that of each error of many worlds is dear.
  const isRunAgain = values.seed !== undefined && values.worlds === '1';
  if (!isRunAgain) Error.stackTraceLimit = 0;
  let nextWordMs = performance.now() + WORD_EVERY_MS;
  for (const world of worlds()) {
    const { problems, digest, rows } = await simulate(world);
    done.worlds += 1;
    done.calls += world.calls;
    done.batches += world.batches;
    done.rows += rows;
    if (isRunAgain) console.log(`digest ${digest}`);
    if (performance.now() > nextWordMs) {
      console.log(soFar());
      nextWordMs = performance.now() + WORD_EVERY_MS;
    }
    if (problems.length === 0) continue;
    done.failed += 1;
    console.log(`\n${replayLine(world)}`);
    for (const problem of problems.slice(0, SHOWN_PROBLEMS)) console.log(`  ${problem}`);
    if (problems.length > SHOWN_PROBLEMS) console.log(`  and ${problems.length - SHOWN_PROBLEMS} more`);
  }
  console.log(soFar());
  return done.failed === 0 ? 0 : 1;
}

if (values.help) console.log(HELP);
else process.exitCode = await main();
