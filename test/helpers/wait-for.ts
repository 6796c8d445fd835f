import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds, as long as the test's own timeout allows; returns what it gave. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { everyMs = 50, timeoutMs = 170_000, what = 'a condition' } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== null && value !== undefined && value !== false) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(everyMs);
  }
}
