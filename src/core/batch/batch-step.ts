import type { BatchEvent } from './batch-events.js';
import { nextCommands, type BatchStep } from './batch-plan.js';
import type { BatchProgress } from './batch-progress.js';
import { receive, type BatchOrder } from './batch-receive.js';

/** So many commands a batch gives in a workflow task, whatever its size. */
export const MAX_COMMANDS = 50;

/**
 * The whole of a batch: what events make of it, and what is to be done then. Where more is to be done than there is room
 * for, the rest follows with the next event; one is asked for.
 * @param events - all that have come since the last step, in their order
 * @param room - so many commands may be given
 */
export function step(
  order: BatchOrder,
  progress: BatchProgress,
  events: readonly BatchEvent[],
  room: number = MAX_COMMANDS,
): BatchStep {
  const received = events.reduce((soFar, event) => receive(soFar, event, order), progress);
  return nextCommands(order, received, room);
}
