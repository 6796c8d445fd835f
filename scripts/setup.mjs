// Makes a fresh clone ready to run: the dependencies, a Temporal server, the compiled program. Every step is skipped
// when it is done already. Imports nothing but Node, since it runs before `npm ci`.
import './on-node.mjs';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './build.mjs';
import { isMain, npmCommand, ROOT, runInForeground, runQuietly } from './run.mjs';

const LOCK = join(ROOT, '.holdfast', 'setup.lock');
const LOCK_STALE_MS = 30_000;

export class SetupError extends Error {}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** npm writes down what it installed as its last step, so a broken-off installation never counts as complete. */
function dependenciesAreInstalled() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = readJson(record).packages;
  const wanted = Object.entries(readJson(join(ROOT, 'package-lock.json')).packages);
  return wanted.every(([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version);
}

/** A lock whose owner died, killed or interrupted; of an owner in another container only the lock's age tells. */
function lockIsStale() {
  try {
    const age = Date.now() - statSync(LOCK).mtimeMs;
    const [host, pid] = readFileSync(LOCK, 'utf8').trim().split(' ');
    return age > LOCK_STALE_MS || (host === hostname() && !processExists(Number(pid)));
  } catch {
    return false;
  }
}

function processExists(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function withLock(task, report) {
  mkdirSync(join(ROOT, '.holdfast'), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(LOCK, `${hostname()} ${process.pid}\n`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (lockIsStale()) {
      rmSync(LOCK, { force: true });
      continue;
    }
    if (!waited) report('another set-up is running in this folder; waiting for it');
    await sleep(500);
  }
  const touch = setInterval(() => utimesSync(LOCK, new Date(), new Date()), 5_000);
  try {
    return await task();
  } finally {
    clearInterval(touch);
    rmSync(LOCK, { force: true });
  }
}

/**
 * @param {(line: string) => void} report
 * @throws SetupError, or Error with the output of the step that failed
 */
export async function setup(report) {
  await withLock(async () => {
    if (!dependenciesAreInstalled()) {
      const install = [...npmCommand(), 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
      await runQuietly('installing dependencies', install, report);
    }
    const findServer = [process.execPath, '--import', 'tsx', join('scripts', 'find-server.ts')];
    // It has said why on the terminal that it shares with this process.
    if ((await runInForeground(findServer)) !== 0) throw new SetupError('');
    await build(report, { ifStale: true });
  }, report);
}

/** Set-up, then a command in the foreground; ends with its exit code. */
export async function setupAndRun(command) {
  try {
    await setup((line) => console.log(line));
    process.exitCode = await runInForeground(command);
  } catch (error) {
    if (error.message !== '') console.error(error instanceof SetupError ? error.message : `Set-up: ${error.message}`);
    process.exitCode = 1;
  }
}

if (isMain(import.meta.url)) {
  try {
    await setup((line) => console.log(line));
    console.log('Ready: `npm run demo`, `npm test`, `npx holdfast --help`.');
  } catch (error) {
    if (error.message !== '') console.error(error.message);
    process.exitCode = 1;
  }
}
