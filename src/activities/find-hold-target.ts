import { ApplicationFailure } from '@temporalio/common';
import { NOTHING_TO_HOLD, type FindHoldTarget } from '../core/deployments/hold-messages.js';
import { holdableNames, holdTarget } from '../core/deployments/hold-target.js';
import type { RoutingConfig } from '../core/plan/settings.js';

/** Makes the activity by which the board finds out what is to be held: it knows no config. */
export function createFindHoldTarget(routing: RoutingConfig): FindHoldTarget {
  return async ({ target }) => {
    const found = holdTarget(routing, target);
    if (found !== null) return found;
    throw ApplicationFailure.create({
      type: NOTHING_TO_HOLD,
      message: `there is no model group or deployment ${target}; ${holdableNames(routing)}`,
      nonRetryable: true,
    });
  };
}
