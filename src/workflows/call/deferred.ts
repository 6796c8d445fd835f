import { sleep } from '@temporalio/workflow';
import { isoTime } from '../../core/common/iso-time.js';
import { publishFacts } from '../visibility.js';
import { refuseActions } from './refuse-actions.js';

/**
 * The server starts a deferred call when its time has come; whoever acts on it or cancels it before wakes it: then it goes on
 * waiting, or ends.
 */
export async function untilItBegins(beginsMs: number): Promise<void> {
  const waitMs = beginsMs - Date.now();
  if (waitMs <= 0) return;
  refuseActions(`the call is deferred until ${isoTime(beginsMs)}: until then it can only be cancelled`);
  try {
    await sleep(waitMs);
  } catch (error) {
    publishFacts({ outcome: 'cancelled' });
    throw error;
  }
}
