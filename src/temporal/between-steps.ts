import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSurelyWithin } from '../core/common/json-bytes.js';

/** What takes less is not worth a turn. */
const LARGE_BYTES = 1024 * 1024;

/**
 * Lets others be heard between two steps with a value, to parse it, to digest it: each takes the event loop for longer, the larger the
 * value is. With a small one it goes on at once.
 */
export async function betweenSteps(value: unknown): Promise<void> {
  if (!isSurelyWithin(value, LARGE_BYTES)) await nextTurn();
}
