import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowFailure, startChild, type ChildWorkflowHandle } from '@temporalio/workflow';
import { answeredRow, unansweredRow } from '../../core/batch/batch-row-end.js';
import { rowCallId, type CallEnd, type NamedRow } from '../../core/batch/batch.js';
import type { BatchFiles } from '../../core/call/row-source.js';
import { cutText } from '../../core/common/text.js';
import type { llmCall } from '../llm-call.js';
import { rowAttributes } from '../visibility.js';

export type RowCallHandle = ChildWorkflowHandle<typeof llmCall>;

export interface RowCallPlace {
  readonly files: BatchFiles;
  /** Where rows are read from. */
  readonly input: string;
  readonly priority: number;
}

/** Starts the call of a row, which outlives the run of the batch; null: it is there already, and runs. */
export async function startRowCall(
  { attempt, ...row }: NamedRow,
  { files, input, priority }: RowCallPlace,
): Promise<RowCallHandle | null> {
  try {
    return await startChild<typeof llmCall>('llmCall', {
      workflowId: rowCallId(files.batchId, row.row),
      args: [{ files, input, row, attempt }],
      parentClosePolicy: 'ABANDON',
      // What is written counts: a row whose call has ended, and of which nothing is written, is run again.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      priority: { priorityKey: priority },
      typedSearchAttributes: rowAttributes(files.batchId, row.group),
      staticSummary: `row ${row.row} of ${files.batchId}: ${cutText(row.customId, 100)}`,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

/** What the call of a row says of its end. */
export async function endOfCall(call: RowCallHandle): Promise<CallEnd> {
  try {
    return answeredRow(await call.result());
  } catch (error) {
    return unansweredRow(error instanceof ChildWorkflowFailure ? error.cause : error);
  }
}
