import { ApplicationFailure } from '@temporalio/common';
import { defineUpdate, setHandler } from '@temporalio/workflow';
import { CALL_ACTION_NAMES, CALL_ACTIONS } from '../../core/call/call-actions.js';

/** Refuses whatever is done to a call that has no groups yet, and says why. */
export function refuseActions(why: string): void {
  for (const action of CALL_ACTION_NAMES) {
    setHandler(defineUpdate(action), () => undefined, {
      validator: () => {
        throw ApplicationFailure.create({ type: 'ActionRefused', message: why, nonRetryable: true });
      },
      description: CALL_ACTIONS[action].description,
    });
  }
}
