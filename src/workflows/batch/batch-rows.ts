import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowFailure,
  getExternalWorkflowHandle,
  isCancellation,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { answeredRow, unansweredRow } from '../../core/batch/batch-row-end.js';
import { rowCallId, type RemainingRow, type RowEnd, type RowPlace } from '../../core/batch/batch.js';
import { cutText } from '../../core/common/text.js';
import type { BatchFiles, RowRef } from '../../core/call/row-source.js';
import type { RowCallInput } from '../../core/batch/row-call.js';
import type { BatchActivities } from './batch-activities.js';
import type { llmCall } from '../llm-call.js';
import { rowAttributes } from '../visibility.js';

export interface BatchRowsOptions {
  readonly files: BatchFiles;
  /** Where rows are read from. */
  readonly input: string;
  readonly priority: number;
  readonly activities: BatchActivities;
  readonly onEnd: (end: RowEnd, row: RowRef) => void;
  /** Something went wrong that is no row's fault. */
  readonly onError: (error: unknown) => void;
}

/** The calls of single rows: children of the batch, which outlive the run of the batch that started them. */
export class BatchRows {
  private readonly options: BatchRowsOptions;
  private readonly places = new Map<number, RowRef>();
  /** Calls that were asked for and are not known to run: the history must not be begun anew meanwhile. */
  starting = 0;

  constructor(options: BatchRowsOptions) {
    this.options = options;
  }

  get running(): readonly RowRef[] {
    return [...this.places.values()];
  }

  /** How many are running. */
  get size(): number {
    return this.places.size;
  }

  has(row: number): boolean {
    return this.places.has(row);
  }

  inGroup(group: string): number {
    return this.running.filter((place) => place.group === group).length;
  }

  /** Runs a row as a call of its own. */
  start({ first, ...row }: RemainingRow): void {
    this.places.set(row.row, row);
    this.follow(row, first)
      .then(
        (end) => end !== null && this.ended(end),
        (error: unknown) => {
          if (isCancellation(error)) this.ended({ row: row.row, chunk: row.chunk, state: 'stopped' });
          else this.options.onError(error);
        },
      )
      .catch((error: unknown) => this.options.onError(error));
  }

  /** Waits for rows whose calls run already. */
  adopt(places: readonly RowRef[]): void {
    if (places.length === 0) return;
    for (const place of places) this.places.set(place.row, place);
    this.await(places)
      .catch((error: unknown) => {
        if (!isCancellation(error)) return this.options.onError(error);
        for (const { row, chunk } of places) this.ended({ row, chunk, state: 'stopped' });
      })
      .catch((error: unknown) => this.options.onError(error));
  }

  /** Asks all calls to stop: those that were adopted are not cancelled together with this run. */
  async cancelAll(): Promise<void> {
    const { batchId } = this.options.files;
    const cancels = this.running.map(({ row }) => getExternalWorkflowHandle(rowCallId(batchId, row)).cancel());
    // Some have ended by themselves meanwhile.
    await Promise.allSettled(cancels);
  }

  private async follow(row: RowRef, first: RemainingRow['first']): Promise<RowEnd | null> {
    const call = await this.startCall({ files: this.options.files, input: this.options.input, row, first });
    if (call === null) {
      await this.await([row]);
      return null;
    }
    try {
      return answeredRow(row, await call.result());
    } catch (error) {
      return unansweredRow(row, error instanceof ChildWorkflowFailure ? error.cause : error);
    }
  }

  /** Null when a call of this row is there already. */
  private async startCall(input: RowCallInput): Promise<ChildWorkflowHandle<typeof llmCall> | null> {
    const { files, row } = input;
    this.starting += 1;
    try {
      return await startChild<typeof llmCall>('llmCall', {
        workflowId: rowCallId(files.batchId, row.row),
        args: [input],
        parentClosePolicy: 'ABANDON',
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        priority: { priorityKey: this.options.priority },
        typedSearchAttributes: rowAttributes(files.batchId, row.group),
        staticSummary: `row ${row.row} of ${files.batchId}: ${cutText(row.customId, 100)}`,
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
      throw error;
    } finally {
      this.starting -= 1;
    }
  }

  private async await(places: readonly RowPlace[]): Promise<void> {
    let left = places;
    while (left.length > 0) {
      const ends = await this.options.activities.awaitRows({
        batchId: this.options.files.batchId,
        rows: left.map(({ row, chunk }) => ({ row, chunk })),
      });
      for (const end of ends) this.ended(end);
      left = left.filter(({ row }) => this.places.has(row));
    }
  }

  private ended(end: RowEnd): void {
    const row = this.places.get(end.row);
    if (row === undefined) return;
    this.places.delete(end.row);
    this.options.onEnd(end, row);
  }
}
