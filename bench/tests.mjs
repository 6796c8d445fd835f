import '../scripts/on-node.mjs';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../scripts/run.mjs';

// Runs the tests and says which processes took how much CPU: `npm run bench:tests [-- files and options of Vitest]`. Linux
// only, where /proc tells. A process that lived for less than a look may be missed.

const LOOK_EVERY_MS = 250;
const MS_PER_TICK = 10;
const SHOWN = 16;

const CLASSES = [
  ['Temporal servers', /temporal server start-dev/],
  ['holdfast $1', /dist\/cli\/main\.js (\S+)/],
  ['Vitest, processes with tests', /vitest.*suppress-warnings/],
  ['Vitest, the process that starts them', /vitest/],
  ['Chromium', /chromium|chrome/],
  ['$1', /(?:^|\/)(python|node|temporal|npm|tsc)/],
];

function classOf(command) {
  for (const [name, pattern] of CLASSES) {
    const match = pattern.exec(command);
    if (match !== null) return name.replace('$1', match[1] ?? '');
  }
  return 'others';
}

/** The processes that run now: parent, start and CPU time of each. */
function processes() {
  const found = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name of the program, in parentheses, may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
      found.set(Number(pid), { parent: Number(fields[1]), started: fields[19], cpuMs });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** What was seen of each process, by its number and start, since numbers are used again. */
const seen = new Map();

function look(root) {
  const all = processes();
  const isOurs = (pid) => pid === root || (all.has(pid) && isOurs(all.get(pid).parent));
  for (const [pid, { started, cpuMs }] of all) {
    if (!isOurs(pid)) continue;
    const key = `${pid} ${started}`;
    const before = seen.get(key);
    seen.set(key, { name: commandOf(pid) || before?.name || '', cpuMs });
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function report(seconds) {
  const classes = new Map();
  for (const { name, cpuMs } of seen.values()) {
    const of = classes.get(classOf(name)) ?? { count: 0, cpuMs: 0 };
    classes.set(classOf(name), { count: of.count + 1, cpuMs: of.cpuMs + cpuMs });
  }
  const rows = [...classes].toSorted(([, one], [, other]) => other.cpuMs - one.cpuMs);
  const total = rows.reduce((sum, [, { cpuMs }]) => sum + cpuMs, 0);
  console.log(`\n${seconds.toFixed(0)} s, ${(total / 1000).toFixed(0)} s of CPU`);
  for (const [name, { count, cpuMs }] of rows.slice(0, SHOWN)) {
    console.log(`${(cpuMs / 1000).toFixed(0).padStart(6)} s  ${String(count).padStart(4)}  ${name}`);
  }
}

const startedMs = performance.now();
const command = [join(ROOT, 'scripts', 'test.mjs'), ...process.argv.slice(2)];
const tests = spawn(process.execPath, command, { cwd: ROOT, stdio: 'inherit' });
const looks = setInterval(() => look(tests.pid), LOOK_EVERY_MS);
tests.once('close', (code) => {
  clearInterval(looks);
  report((performance.now() - startedMs) / 1000);
  process.exitCode = code ?? 1;
});
