import { ApplicationFailure } from '@temporalio/common';
import { defineUpdate, setHandler, sleep } from '@temporalio/workflow';
import { CALL_ACTION_NAMES, CALL_ACTIONS } from '../../core/call/call-actions.js';
import { isoTime } from '../../core/common/iso-time.js';
import { publishFacts } from '../visibility.js';

/**
 * The server starts a deferred call when its time has come; whoever acts on it or cancels it before wakes it: then it goes on
 * waiting, or ends.
 */
export async function untilItBegins(beginsMs: number): Promise<void> {
  const waitMs = beginsMs - Date.now();
  if (waitMs <= 0) return;
  const why = `the call is deferred until ${isoTime(beginsMs)}: until then it can only be cancelled`;
  for (const action of CALL_ACTION_NAMES) {
    setHandler(defineUpdate(action), () => undefined, {
      validator: () => {
        throw ApplicationFailure.create({ type: 'ActionRefused', message: why, nonRetryable: true });
      },
      description: CALL_ACTIONS[action].description,
    });
  }
  try {
    await sleep(waitMs);
  } catch (error) {
    publishFacts({ outcome: 'cancelled' });
    throw error;
  }
}
