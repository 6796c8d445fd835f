import { WorkflowFailedError, WorkflowUpdateFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BAD_INPUT,
  BATCH_EXPIRED,
  PAUSE,
  RESUME,
  SET_CONCURRENCY,
  type BatchResult,
  type BatchStatus,
  type ResumeOptions,
} from '../core/batch/batch.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { awaitResult } from '../temporal/await-result.js';
import { explainTemporalError } from '../temporal/errors.js';
import { withPatience } from '../temporal/patience.js';
import { placeOf, type TemporalSettings } from '../temporal/settings.js';
import { batchStatus, isOver } from './batch-status.js';
import { callError } from './errors.js';

/** How often a followed batch is looked at. */
const FOLLOW_EVERY_MS = 1_000;

/** A batch that was started, here or elsewhere, now or before. */
export class BatchHandle {
  /** The id of the batch, which is its workflow id. */
  readonly batchId: string;
  private readonly client: Client;
  private readonly settings: TemporalSettings;
  private readonly workflow: WorkflowHandle;

  /** @internal */
  constructor(client: Client, settings: TemporalSettings, batchId: string) {
    this.batchId = batchId;
    this.client = client;
    this.settings = settings;
    this.workflow = client.workflow.getHandle(batchId);
  }

  /** Where the batch stands; rows that are in flight are told about by the workers' last heartbeats. */
  async status(): Promise<BatchStatus> {
    return this.guarded(() => batchStatus(this.client, this.batchId));
  }

  /** Where the batch stands, now and once a second until it is over; the Temporal server may be away for a minute. */
  async *follow({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<BatchStatus> {
    for (;;) {
      const status = await withPatience(() => this.status(), { signal });
      yield status;
      if (isOver(status.state)) return;
      await sleep(FOLLOW_EVERY_MS, undefined, signal === undefined ? {} : { signal });
    }
  }

  /**
   * Waits for the end, also while the Temporal server is away for up to a minute.
   * @throws CallError when the batch was cancelled, its input cannot be run, or it expired (`Timeout`)
   */
  async result(): Promise<BatchResult> {
    return withPatience(() => this.guarded(() => awaitResult<BatchResult>(this.workflow), this.batchId));
  }

  /** Begins no more rows; those in flight, and those in retries, come to their end. */
  async pause(reason = 'paused by hand'): Promise<BatchStatus> {
    return this.guarded(() => this.workflow.executeUpdate<BatchStatus, [string]>(PAUSE, { args: [reason] }));
  }

  async resume(options: ResumeOptions = {}): Promise<BatchStatus> {
    return this.guarded(() => this.workflow.executeUpdate<BatchStatus, [ResumeOptions]>(RESUME, { args: [options] }));
  }

  /** Changes how many rows are in flight at once, for chunks that are begun from now on. */
  async setConcurrency(concurrency: number): Promise<BatchStatus> {
    return this.guarded(() =>
      this.workflow.executeUpdate<BatchStatus, [number]>(SET_CONCURRENCY, { args: [concurrency] }),
    );
  }

  /** Stops the batch: requests in flight are aborted, and what is done is put into the output. */
  async cancel(): Promise<void> {
    await this.guarded(() => this.workflow.cancel());
  }

  private errorOf(error: WorkflowFailedError): Error {
    const { batchId } = this;
    const { cause } = error;
    if (cause instanceof CancelledFailure) {
      return callError({ kind: 'CancelledError', message: `batch ${batchId} was cancelled`, callId: batchId });
    }
    const message = `batch ${batchId} failed: ${cause?.message ?? error.message}`;
    return callError({ kind: kindOf(cause), message, callId: batchId, cause });
  }

  private async guarded<T>(ask: () => Promise<T>, hint?: string): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw this.explain(error, hint);
    }
  }

  private explain(error: unknown, hint: string | undefined): unknown {
    if (error instanceof WorkflowFailedError) return this.errorOf(error);
    if (error instanceof WorkflowUpdateFailedError) {
      const message = `batch ${this.batchId}: ${error.cause?.message ?? error.message}`;
      return callError({ kind: 'BadRequestError', message, callId: this.batchId, cause: error });
    }
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') {
      const message = `batch ${this.batchId} is not running in namespace "${this.settings.namespace}": it is over, or never was`;
      return callError({ kind: 'NotFoundError', message, callId: this.batchId, cause: error });
    }
    return explainTemporalError(error, placeOf(this.settings), hint);
  }
}

const KINDS: Readonly<Record<string, ErrorKind>> = { [BATCH_EXPIRED]: 'Timeout', [BAD_INPUT]: 'BadRequestError' };

function kindOf(cause: Error | undefined): ErrorKind {
  const type = cause instanceof ApplicationFailure ? cause.type : null;
  return KINDS[type ?? ''] ?? 'InternalServerError';
}
