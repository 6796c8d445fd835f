import { workflowInfo } from '@temporalio/workflow';
import type { BatchEvent } from '../../core/batch/batch-events.js';
import { MAX_COMMANDS } from '../../core/batch/batch-step.js';

/** How much a batch may do in a workflow task, and in a history. */
export interface BatchBounds {
  /** So many commands may be given now. */
  room(events: readonly BatchEvent[]): number;
  gave(commands: number): void;
  /** Whether the history is to be continued as new: what is in flight still ends. */
  isLong(): boolean;
}

/** What came before the task that was asked for, and what comes with it, are commands of one task at most. */
const COMMANDS_AT_ONCE = MAX_COMMANDS / 2;

/** An event comes with a workflow task of its own at most, which is three events more; an Update is two. */
const EVENTS_OF_EACH = 5;

/** Counted so high, a history is shorter than what Temporal suggests to continue as new (4,096 events). */
const LONG_COUNT = 4_000;

/** By what came and what was given alone: never by how it was divided into workflow tasks (decision 0016). */
export class BoundsByEvents implements BatchBounds {
  private left = COMMANDS_AT_ONCE;
  private count = 0;

  room(events: readonly BatchEvent[]): number {
    this.count += events.length * EVENTS_OF_EACH;
    if (events.some(({ type }) => type === 'next task')) this.left = COMMANDS_AT_ONCE;
    return this.left;
  }

  gave(commands: number): void {
    this.count += commands;
    this.left -= commands;
  }

  isLong(): boolean {
    // What the server suggests, it does for other reasons too: bytes, Updates, a new version of the workers.
    return this.count > LONG_COUNT || workflowInfo().continueAsNewSuggested;
  }
}

const LONG_HISTORY = 3_000;

/** Of batches that began before the others were there. */
export class BoundsByTask implements BatchBounds {
  private historyLength = -1;
  private left = 0;

  room(): number {
    const { historyLength } = workflowInfo();
    if (this.historyLength !== historyLength) this.left = MAX_COMMANDS;
    this.historyLength = historyLength;
    return this.left;
  }

  gave(commands: number): void {
    this.left -= commands;
  }

  isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return historyLength > LONG_HISTORY || continueAsNewSuggested;
  }
}
