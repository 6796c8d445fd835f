// How long a first `npm run demo` takes: a clone of this clone's last commit in a folder of its own, with empty caches of
// npm, pip and Holdfast, until the demo's worker runs. Imports nothing but Node: the set-up is a part of what is measured.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { ROOT } from '../scripts/run.mjs';

const READY = /^ {2}worker +process \d+/;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-first-demo-'));
const start = performance.now();
const seconds = () => Number(((performance.now() - start) / 1000).toFixed(1));
const say = (line) => console.log(`${seconds().toFixed(1).padStart(6)} s  ${line}`);

execFileSync('git', ['clone', '--quiet', ROOT, 'holdfast'], { cwd: folder, stdio: 'inherit' });
say('cloned');

const { TEMPORAL_ADDRESS: _address, HOLDFAST_TEMPORAL_CLI: _cli, OPENAI_API_KEY: _key, ...environment } = process.env;
const demo = spawn('npm', ['run', 'demo'], {
  cwd: join(folder, 'holdfast'),
  stdio: ['ignore', 'pipe', 'inherit'],
  // A group of its own, so that the end reaches all of it.
  detached: true,
  env: {
    ...environment,
    HOLDFAST_CACHE_DIR: join(folder, 'holdfast-cache'),
    npm_config_cache: join(folder, 'npm-cache'),
    PIP_CACHE_DIR: join(folder, 'pip-cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  },
});
if (demo.pid === undefined) throw new Error('npm could not be started');
const group = -demo.pid;
const ended = new Promise((resolve) => demo.once('exit', resolve));

let readyAfter = null;
for await (const line of createInterface({ input: demo.stdout })) {
  if (readyAfter === null && line.trim() !== '') say(line);
  if (readyAfter !== null || !READY.test(line)) continue;
  readyAfter = seconds();
  process.kill(group, 'SIGINT');
}
await ended;
rmSync(folder, { recursive: true, force: true });
if (readyAfter === null) throw new Error('the demo ended before its worker ran');
console.log(JSON.stringify({ seconds_until_ready: readyAfter }));
