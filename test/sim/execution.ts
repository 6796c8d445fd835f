import { CancelledFailure, ChildWorkflowFailure, TerminatedFailure } from '@temporalio/common';
import type { WorkflowRun } from './workflow-run.js';

export type Ended = { readonly result: unknown } | { readonly error: unknown };

/** A workflow, over all its runs. */
export interface Execution {
  readonly workflowId: string;
  readonly type: string;
  run: WorkflowRun;
  /** Null: it runs. */
  end: Ended | null;
  startMs: number;
  endMs: number;
  /** Attempts of its activities that ended silently, and resets by an operator. */
  silent: number;
  resets: number;
  continued: number;
  readonly onEnd: ((end: Ended) => void)[];
}

export function statusOf({ end }: Execution): string {
  if (end === null) return 'RUNNING';
  if ('result' in end) return 'COMPLETED';
  if (end.error instanceof TerminatedFailure) return 'TERMINATED';
  return end.error instanceof CancelledFailure ? 'CANCELED' : 'FAILED';
}

export function childFailure({ workflowId }: Execution, error: unknown): Error {
  const place = { workflowId, runId: '' };
  return new ChildWorkflowFailure('default', place, 'llmCall', 'NON_RETRYABLE_FAILURE', error as Error);
}
