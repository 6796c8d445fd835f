import { ApplicationFailure } from '@temporalio/common';
import { namesThereAre } from '../config/index.js';
import { NOTHING_TO_HOLD, type FindHoldTarget } from '../core/deployments/hold-messages.js';
import { deploymentIds, holdTarget } from '../core/deployments/hold-target.js';
import type { RoutingConfig } from '../core/plan/settings.js';

/** Makes the activity by which the board finds out what is to be held: it knows no config. */
export function createFindHoldTarget(routing: RoutingConfig): FindHoldTarget {
  return async ({ target }) => {
    const found = holdTarget(routing, target);
    if (found !== null) return found;
    const there = namesThereAre(target, routing, { others: { deployments: deploymentIds(routing) } });
    throw ApplicationFailure.create({
      type: NOTHING_TO_HOLD,
      message: `there is no model group or deployment ${target}.${there}`,
      nonRetryable: true,
    });
  };
}
