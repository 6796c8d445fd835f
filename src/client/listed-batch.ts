import type { WorkflowExecutionInfo } from '@temporalio/client';
import { MEMO_SPEC, MEMO_STARTED, type BatchSpec, type BatchState } from '../core/batch/batch.js';
import { fieldsOf } from '../core/common/fields.js';
import type { SearchAttributeName } from '../core/common/search-attributes.js';

/** A batch as Temporal's list has it. Needs no worker; the figures are those of half a minute ago at the latest. */
export interface ListedBatch {
  readonly batchId: string;
  /** A batch that is paused is listed as `running`. */
  readonly state: Extract<BatchState, 'running' | 'completed' | 'completed with errors' | 'cancelled' | 'failed'>;
  /** What it was asked for. */
  readonly spec: BatchSpec;
  /** Where its workers take their work from. */
  readonly taskQueue: string;
  /** When it was last started, by `submit` or `retryFailed`. */
  readonly startedAt: Date;
  readonly closedAt: Date | null;
  /** Null until the input is checked. */
  readonly rows: number | null;
  readonly answered: number | null;
  readonly failed: number | null;
}

const STATES: Readonly<Record<string, ListedBatch['state']>> = {
  RUNNING: 'running',
  // About to go on in a new history.
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'completed',
  CANCELLED: 'cancelled',
};

/** As much of Temporal's entry as a listed batch is made of. */
export type ListedEntry = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'status' | 'taskQueue' | 'startTime' | 'closeTime' | 'memo'
> & { readonly typedSearchAttributes: Pick<WorkflowExecutionInfo['typedSearchAttributes'], 'getAll'> };

/** Whether it has what a batch is described with: one that somebody started by hand, without it, is none of ours. */
export function hasSpec({ memo }: Pick<ListedEntry, 'memo'>): boolean {
  return fieldsOf(memo?.[MEMO_SPEC])['output'] !== undefined;
}

export function listedBatch(info: ListedEntry): ListedBatch {
  const attributes = new Map(info.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  const figure = (name: SearchAttributeName) => {
    const value = attributes.get(name);
    return typeof value === 'number' ? value : null;
  };
  const state = STATES[info.status.name] ?? 'failed';
  const failed = figure('HoldfastRowsFailed');
  const startedMs = info.memo?.[MEMO_STARTED];
  return {
    batchId: info.workflowId,
    state: state === 'completed' && (failed ?? 0) > 0 ? 'completed with errors' : state,
    spec: info.memo?.[MEMO_SPEC] as BatchSpec,
    taskQueue: info.taskQueue,
    startedAt: typeof startedMs === 'number' ? new Date(startedMs) : info.startTime,
    closedAt: info.closeTime ?? null,
    rows: figure('HoldfastRows'),
    answered: figure('HoldfastRowsAnswered'),
    failed,
  };
}
