import { spawn } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Whether the module is the script that Node was started with. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && fileURLToPath(moduleUrl) === realpathSync(process.argv[1]);
}

/** The files below a folder whose names end so, by their paths in it, but for those of one of its folders. Also on old versions of Node. */
export function filesOf(folder, ending, { except }) {
  const names = readdirSync(folder, { recursive: true });
  return names.filter((name) => ending.test(name) && !name.startsWith(`${except}${sep}`));
}

/** The `npm` command as program and arguments; `npm run` says which npm it is, so that no shell is needed. */
export function npmCommand() {
  const npm = process.env.npm_execpath;
  if (npm !== undefined && /npm-cli\.c?js$/.test(npm)) return [process.execPath, npm];
  return process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c', 'npm.cmd'] : ['npm'];
}

export function elapsed(sinceMs) {
  return `${Math.round((Date.now() - sinceMs) / 1000)} s`;
}

/**
 * Runs a command with this process's terminal and resolves with its exit code.
 * Ctrl-C reaches the child too, by the terminal; this process stays until the child has cleaned up.
 */
export function runInForeground([program, ...args], cwd = ROOT) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: 'inherit' });
    const ignore = () => undefined;
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/**
 * Runs a command quietly, with a line of progress every 10 s, and with these variables beside those of this process.
 * @throws Error with the last lines of its output when it fails
 */
export function runQuietly(what, [program, ...args], report, env = {}) {
  return new Promise((resolve, reject) => {
    const startedAt = Date.now();
    const lines = [];
    report(what);
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk) => lines.push(...String(chunk).split('\n'));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const progress = setInterval(() => report(`  ${what}: ${elapsed(startedAt)}`), 10_000);
    child.once('error', (error) => {
      clearInterval(progress);
      reject(new Error(`${what}: ${program} could not be started (${error.message})`));
    });
    child.once('close', (code, signal) => {
      clearInterval(progress);
      if (code === 0) {
        report(`  done in ${elapsed(startedAt)}`);
        resolve();
        return;
      }
      const output = lines.filter((line) => line.trim() !== '').slice(-40);
      reject(new Error(`${what} failed (${signal ?? `exit code ${code}`}):\n${output.join('\n')}`));
    });
  });
}
