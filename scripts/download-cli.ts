import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../src/dev-server/watchdog.js';

/** A download that brings nothing for so long is given up. */
const STALL_MS = 10_000;
const POLL_INTERVAL_MS = 250;

function filesIn(directory: string): { path: string; size: number }[] {
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .map((path) => ({ path, size: statSync(path).size }));
}

/** Has the Temporal SDK download the CLI, in a process of its own since the SDK cannot be told to stop. */
export async function downloadCli(directory: string, version: string): Promise<string | undefined> {
  const script = fileURLToPath(new URL('./sdk-download.ts', import.meta.url));
  const child = fork(script, [directory, version], { execArgv: ['--import', 'tsx'], stdio: 'ignore' });
  const unwatch = child.pid === undefined ? undefined : endWithThisProcess(child.pid);
  let ended = false;
  const exited = once(child, 'exit').then(() => {
    ended = true;
  });
  let progressAt = Date.now();
  let size = 0;
  while (!ended) {
    await Promise.race([exited, sleep(POLL_INTERVAL_MS)]);
    const sizeNow = filesIn(directory).reduce((sum, file) => sum + file.size, 0);
    if (sizeNow > size) progressAt = Date.now();
    size = sizeNow;
    if (Date.now() - progressAt > STALL_MS) child.kill('SIGKILL');
  }
  unwatch?.();
  return child.exitCode === 0 ? filesIn(directory).toSorted((a, b) => b.size - a.size)[0]?.path : undefined;
}
