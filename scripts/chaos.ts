// Kills and freezes processes, and fills the disk, under a load, and checks what must hold whatever happens.
//
//   npm run chaos -- [--seed N] [--minutes M]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findTemporalCli } from '../src/dev-server/index.js';
import { INVARIANTS } from '../test/chaos/invariants.js';
import { runChaos } from '../test/chaos/run.js';
import { faultLine, faultsOf } from '../test/chaos/schedule.js';
import { mayMount, mountSmallDisk } from '../test/helpers/small-disk.js';
import { ignoreTemporalSettings, runToExit, type AtTheEnd } from './case-servers.js';

const HELP = `npm run chaos -- [options]

  --seed N       decides what is asked and what happens (default: another one each time)
  --minutes M    how long, without the end, in which everything may recover (default: 3)
  --keep         leaves the folder with logs and database of a run that failed
  --schedule     only prints what would happen`;

const DISK_KILOBYTES = 64 * 1024;
const SHOWN_LINES = 20;

async function main(args: string[], atTheEnd: AtTheEnd): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      minutes: { type: 'string', default: '3' },
      keep: { type: 'boolean', default: false },
      schedule: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seed = numberOf('--seed', values.seed, Number.isSafeInteger);
  const minutes = numberOf('--minutes', values.minutes, (value) => value > 0 && value <= 24 * 60);
  const lengthMs = minutes * 60_000;
  const again = `npm run chaos -- --seed ${seed} --minutes ${minutes}`;
  if (values.schedule) {
    for (const fault of faultsOf(seed, lengthMs)) console.log(faultLine(fault));
    return 0;
  }
  console.log(again);
  const cli = await findTemporalCli({ report: (line) => console.log(line), useExistingServer: false });
  if (cli.kind !== 'cli') throw new Error('no Temporal CLI');
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-chaos-'));
  let keeps = false;
  atTheEnd(async () => (keeps ? console.log(`kept: ${folder}`) : rm(folder, { recursive: true, force: true })));
  await ignoreTemporalSettings(join(folder, 'temporal.toml'));
  const disk = openDisk(atTheEnd);
  const run = await runChaos({
    seed,
    lengthMs,
    cli: cli.path,
    folder,
    disk,
    atTheEnd,
    report: (line) => console.log(line),
  });
  let failed = 0;
  for (const { name, broken } of INVARIANTS) {
    const found = broken(run);
    console.log(`${found.length === 0 ? 'pass' : 'FAIL'}  ${name}`);
    for (const line of found.slice(0, SHOWN_LINES)) console.log(line.replaceAll(/^/gmu, '        '));
    if (found.length > SHOWN_LINES) console.log(`        and ${found.length - SHOWN_LINES} more`);
    if (found.length > 0) failed += 1;
  }
  keeps = values.keep && failed > 0;
  console.log(`chaos, seed ${seed}: ${INVARIANTS.length - failed} passed, ${failed} failed`);
  if (failed > 0) console.log(`again: ${again}`);
  return failed === 0 ? 0 : 1;
}

function numberOf(option: string, text: string, isGood: (value: number) => boolean): number {
  const value = Number(text);
  if (isGood(value)) return value;
  throw new Error(`${option}: cannot be ${JSON.stringify(text)}; see --help`);
}

/** Null where this process may not mount one. */
function openDisk(atTheEnd: AtTheEnd): string | null {
  if (!mayMount()) {
    console.log('no right to mount a disk: none will be full');
    return null;
  }
  const disk = mountSmallDisk(DISK_KILOBYTES);
  atTheEnd(async () => disk.unmount());
  return disk.path;
}

await runToExit('chaos', (atTheEnd) => main(process.argv.slice(2), atTheEnd));
