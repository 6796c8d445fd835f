import { setTimeout as sleep } from 'node:timers/promises';

/** So often at least a condition is looked at. */
const MOST_MS = 250;

/**
 * Waits until a condition holds, as long as the test's own timeout allows; returns what it gave. One that asks others, and so
 * has to be waited for itself, is looked at less and less often: what is waited for goes on meanwhile.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { everyMs = 50, timeoutMs = 170_000, what = 'a condition' } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (let pauseMs = everyMs; ;) {
    const given = condition();
    const value = await given;
    if (value !== null && value !== undefined && value !== false) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(pauseMs);
    if (given instanceof Promise) pauseMs = Math.max(everyMs, Math.min(pauseMs * 1.25, MOST_MS));
  }
}
