import { setTimeout as sleep } from 'node:timers/promises';
import type { CallResult } from '../core/call/call-types.js';
import type { StreamPart } from '../core/call/stream-part.js';

/** So long the end of a stream may be on its way when the call has its answer; then it is taken from there. */
const LAST_PARTS_MS = 1000;

/**
 * The parts of a stream until its call has ended: those that came before are still taken, and the end of an answer may be on its
 * way. Does not fail with the call.
 * @param isUnfinished - whether a part of an answer was taken of which the end has not come
 */
export async function* partsUntilEnd(
  parts: AsyncGenerator<StreamPart, void>,
  result: Promise<CallResult>,
  isUnfinished: () => boolean,
): AsyncGenerator<StreamPart, void> {
  let graceMs = 0;
  const ended = result.then(
    () => void (graceMs = LAST_PARTS_MS),
    () => undefined,
  );
  let next = parts.next();
  for (;;) {
    const came = await Promise.race([next, ended]);
    if (!came) break;
    if (came.done === true) return ended;
    yield came.value;
    next = parts.next();
  }
  for (const endMs = performance.now() + graceMs; ; next = parts.next()) {
    const waitMs = isUnfinished() ? Math.max(0, endMs - performance.now()) : 0;
    const came = await Promise.race([next, sleep(waitMs, null, { ref: false })]);
    if (came === null || came.done === true) return;
    yield came.value;
  }
}
