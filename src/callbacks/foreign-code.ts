import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Whether a promise settles in time. Its rejection is still its owner's to handle.
 * @param ref - whether the process stays for the time limit alone
 */
export async function settlesWithin(promise: Promise<unknown>, limitMs: number, { ref = true } = {}): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  const over = new AbortController();
  try {
    return await Promise.race([settled, sleep(limitMs, false, { ref, signal: over.signal })]);
  } finally {
    over.abort();
  }
}

/** What a thrown value says. It may be anything, and may itself throw when it is looked at. */
export function describeError(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'an error that cannot be shown';
  }
}
