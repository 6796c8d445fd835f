import { condition, setHandler } from '@temporalio/workflow';
import type { BatchLimits, BatchPause, BatchStatus, ChunkTail } from '../../core/batch/batch.js';
import { cutText } from '../../core/common/text.js';
import { chunkTail, isPausedQuery, pause, resume, setConcurrency, statusQuery } from './batch-messages.js';

/** The longest reason of a pause. */
const MAX_REASON = 500;

export interface BatchControlOptions {
  readonly limits: BatchLimits;
  readonly paused: BatchPause | null;
  readonly status: () => BatchStatus;
  readonly isCancelled: () => boolean;
  readonly onPause: () => void;
  readonly onTail: (tail: ChunkTail) => void;
}

/** What people and chunks tell a batch, and its answers; wakes the batch when something has changed. */
export class BatchControl {
  private readonly options: BatchControlOptions;
  private pausing: BatchPause | null;
  private changed = false;
  limits: BatchLimits;

  constructor(options: BatchControlOptions) {
    this.options = options;
    this.limits = options.limits;
    this.pausing = options.paused;
  }

  /** Why the batch is paused; null: it is not. */
  get paused(): BatchPause | null {
    return this.pausing;
  }

  /** The batch cannot go on by itself: rows in flight come to their end, and no other is begun. */
  pause(reason: string): void {
    this.pauseFor({ reason, by: 'batch' });
  }

  private pauseFor(pausing: BatchPause): void {
    if (this.pausing !== null) return;
    this.pausing = pausing;
    this.options.onPause();
    this.wake();
  }

  wake(): void {
    this.changed = true;
  }

  /** Waits until something has changed since it was last asked. */
  async nextChange(): Promise<void> {
    await condition(() => this.changed);
    this.changed = false;
  }

  /** Waits until the batch is not paused. */
  async resumed(): Promise<void> {
    await condition(() => this.pausing === null);
  }

  /** To be called once everything is there that answers: a message that is waiting is taken at once. */
  takeMessages(): void {
    const { status, isCancelled, onTail } = this.options;
    setHandler(statusQuery, status);
    setHandler(isPausedQuery, () => this.pausing !== null && !isCancelled());
    // A signal cannot be refused: one that is none of ours is nothing.
    setHandler(chunkTail, (tail: unknown) => {
      if (!isChunkTail(tail)) return;
      onTail(tail);
      this.wake();
    });
    const pauseByHand = (reason: string) => {
      this.pauseFor({ reason: cutText(reason, MAX_REASON), by: 'person' });
      return status();
    };
    setHandler(pause, pauseByHand, { validator: checkReason });
    setHandler(resume, ({ maxTokensTotal } = {}) => this.resume(maxTokensTotal), {
      validator: ({ maxTokensTotal } = {}) => this.checkBudget(maxTokensTotal),
    });
    setHandler(setConcurrency, (concurrency) => this.setConcurrency(concurrency), { validator: checkConcurrency });
  }

  private resume(maxTokensTotal: number | null | undefined): BatchStatus {
    if (maxTokensTotal !== undefined) this.limits = { ...this.limits, maxTokensTotal };
    this.pausing = null;
    this.wake();
    return this.options.status();
  }

  /** Going on without tokens would spend some all the same. */
  private checkBudget(maxTokensTotal: number | null = this.limits.maxTokensTotal): void {
    const used = this.options.status().counts.tokens.total;
    if (maxTokensTotal === null || used < maxTokensTotal) return;
    throw new Error(`max_tokens_total: ${maxTokensTotal} is not more than the ${used} tokens that are used already`);
  }

  private setConcurrency(concurrency: number): BatchStatus {
    this.limits = { ...this.limits, concurrency };
    this.wake();
    return this.options.status();
  }
}

function isChunkTail(tail: unknown): tail is ChunkTail {
  if (typeof tail !== 'object' || tail === null) return false;
  return 'chunk' in tail && 'inFlight' in tail && typeof tail.chunk === 'number' && typeof tail.inFlight === 'number';
}

function checkReason(reason: unknown): void {
  if (typeof reason === 'string') return;
  throw new Error(`reason: expected a text, got ${JSON.stringify(reason)}`);
}

function checkConcurrency(concurrency: unknown): void {
  if (typeof concurrency === 'number' && Number.isInteger(concurrency) && concurrency >= 1) return;
  throw new Error(`concurrency: expected a whole number of at least 1, got ${JSON.stringify(concurrency)}`);
}
