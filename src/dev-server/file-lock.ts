import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TOUCH_INTERVAL_MS = 5_000;
const POLL_INTERVAL_MS = 500;
const REPORT_INTERVAL_MS = 15_000;
/** Age of an untouched lock from which its owner counts as dead. */
const STALE_MS = 30_000;

export interface FileLockOptions {
  /** Called now and then while another process holds the lock. */
  onWait?: (waitedMs: number) => void;
}

async function create(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${hostname()} ${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The cache may be shared between containers, and a process id says nothing there: then only the lock's age tells. */
async function isStale(path: string): Promise<boolean> {
  try {
    const [host, pid] = (await readFile(path, 'utf8')).trim().split(' ');
    if (host === hostname() && !processExists(Number(pid))) return true;
    return Date.now() - (await stat(path)).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

/**
 * Runs `task` while holding a lock file that a killed owner does not keep for ever.
 * Two waiters may in a rare race both take over a dead owner's lock, so `task` must stay correct when run twice.
 */
export async function withFileLock<T>(path: string, task: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  const startedAt = Date.now();
  let reportedAt = -Infinity;
  await mkdir(dirname(path), { recursive: true });
  while (!(await create(path))) {
    if (await isStale(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (Date.now() - reportedAt >= REPORT_INTERVAL_MS) {
      reportedAt = Date.now();
      options.onWait?.(reportedAt - startedAt);
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_INTERVAL_MS);
  try {
    return await task();
  } finally {
    clearInterval(touch);
    await rm(path, { force: true });
  }
}
