import { CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  ContinueAsNew,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { lanesFor, modeFor, retryingLimit, slotsForNext } from '../../core/batch/batch-window.js';
import {
  batchFolder,
  MEMO_INPUT,
  type BatchMode,
  type BatchResult,
  type BatchState,
  type BatchStatus,
  type ChunkResult,
  type InputIndex,
  type LlmBatchInput,
  type RemainingRow,
  type RowEnd,
} from '../../core/batch/batch.js';
import type { BatchFiles, RowRef } from '../../core/call/row-source.js';
import { ERROR_KINDS } from '../../core/errors/error-kinds.js';
import { NO_TOKENS } from '../../core/ledger/ledger.js';
import { isoTime } from '../../core/retries/progress.js';
import { batchActivities, type BatchActivities } from './batch-activities.js';
import { RowTally } from './row-tally.js';
import { BatchChunks } from './batch-chunks.js';
import { BatchControl } from './batch-control.js';
import { BatchDisplay } from './batch-display.js';
import { BatchRows } from './batch-rows.js';
import { refuseBadInput, storageTroubleIn, withStorage } from './batch-storage.js';
import { continueBatchAsNew } from './continue-batch-as-new.js';

/** The history is begun anew at this length, well before Temporal suggests it (4,096): what is in flight still ends. */
const LONG_HISTORY = 3_000;

/** So many chunks in a row that nobody could read or write pause the batch. */
const MAX_STORAGE_TROUBLES = 3;

/** A batch under way: chunks and calls of single rows, side by side within a window. */
export class BatchRun {
  private readonly input: LlmBatchInput;
  private readonly files: BatchFiles;
  private readonly activities: BatchActivities;
  private readonly scope = CancellationScope.current();
  private readonly startedMs: number;
  private readonly tally: RowTally;
  private readonly chunks: BatchChunks;
  private readonly control: BatchControl;
  private readonly display = new BatchDisplay(() => this.status());
  private rows: BatchRows | null = null;
  private index: InputIndex | null;
  private state: BatchState = 'checking';
  private cursor: number;
  /** Chunks to be run again. */
  private readonly again: number[];
  /** Rows that wait for a call of their own. */
  private queue: RemainingRow[] = [];
  private storageTroubles = 0;
  private recording = 0;
  private failure: { error: unknown } | null = null;

  constructor(input: LlmBatchInput) {
    const { spec, round, carried } = input;
    this.input = input;
    const batchId = workflowInfo().workflowId;
    this.files = {
      batchId,
      round,
      folder: batchFolder(spec.output),
      output: spec.output,
      settings: spec.settings,
      caller: spec.caller,
    };
    this.activities = batchActivities(spec.priority);
    this.startedMs = carried?.startedMs ?? workflowInfo().startTime.getTime();
    this.index = carried?.index ?? null;
    this.cursor = carried?.cursor ?? 0;
    this.again = carried?.open.filter(({ again }) => again).map(({ chunk }) => chunk) ?? [];
    this.tally = new RowTally(carried?.closed, carried?.open);
    this.chunks = new BatchChunks({
      activities: this.activities,
      onResult: (chunk, result) => this.chunkEnded(chunk, result),
      onPutOff: (chunk, trouble) => this.chunkDeferred(chunk, trouble),
      onError: (error) => this.failed(error),
    });
    this.control = new BatchControl({
      limits: carried?.limits ?? spec,
      paused: carried?.paused ?? null,
      status: () => this.status(),
      isCancelled: () => this.scope.consideredCancelled,
      onPause: () => this.chunks.stop(),
      onTail: (tail) => this.chunks.tail(tail),
    });
    this.control.takeMessages();
  }

  async run(): Promise<BatchResult> {
    try {
      const index = this.index ?? (await this.checkInput());
      await this.runRows(index);
      return await this.writeOutput(index);
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      const isCancelled = this.scope.consideredCancelled;
      if (isCancelled) await CancellationScope.nonCancellable(() => this.windDown());
      this.state = isCancelled ? 'cancelled' : 'failed';
      this.display.publish();
      if (!isCancelled) throw error;
      throw new CancelledFailure(`batch ${this.files.batchId} was cancelled`);
    }
  }

  private async checkInput(): Promise<InputIndex> {
    const { spec, expectedSha256 } = this.input;
    const work = { files: this.files, input: spec.input, chunkRows: spec.chunkRows, allowed: spec.allowed };
    this.index = await this.withStorage(() => this.activities.indexBatch(work));
    refuseBadInput(this.index, { input: spec.input, folder: this.files.folder, expectedSha256 });
    upsertMemo({ [MEMO_INPUT]: this.index.sha256 });
    this.display.publish();
    return this.index;
  }

  private async runRows(index: InputIndex): Promise<void> {
    const rows = new BatchRows({
      files: this.files,
      input: index.input,
      priority: this.input.spec.priority,
      activities: this.activities,
      onEnd: (end, row) => this.rowEnded(end, row),
      onError: (error) => this.failed(error),
    });
    this.rows = rows;
    rows.adopt(this.input.carried?.open.flatMap(({ running }) => running) ?? []);
    this.state = 'running';
    for (;;) {
      if (this.failure !== null) throw this.failure.error;
      const renews = workflowInfo().historyLength > LONG_HISTORY || workflowInfo().continueAsNewSuggested;
      if (renews && this.canRenew(rows)) await this.renew(index, rows);
      if (!renews && this.control.paused === null) this.startWithinWindow(index, rows);
      this.display.show();
      if (this.isThrough(index)) return;
      await this.control.nextChange();
    }
  }

  private get mode(): BatchMode | null {
    return this.index === null ? null : modeFor(this.input.spec, this.index.rows);
  }

  private startWithinWindow(index: InputIndex, rows: BatchRows): void {
    this.startRows(rows);
    const { concurrency, maxTokensTotal } = this.control.limits;
    const packed = this.mode === 'packed';
    const { groupConcurrency } = this.input.spec;
    const lanes = lanesFor({ concurrency, groupConcurrency }, index.chunks);
    for (;;) {
      const waiting = this.queue.length + rows.size;
      const slots = packed ? slotsForNext(concurrency, lanes, this.chunks.shares) : 1;
      // Where chunks only name their rows, one is asked when the window is about to have room.
      const isFull = packed
        ? slots === 0 || waiting >= retryingLimit(concurrency)
        : this.queue.length > 0 || this.chunks.running.length > 0;
      const chunk = isFull ? undefined : this.nextChunk(index);
      if (chunk === undefined) return;
      const left = maxTokensTotal === null ? null : maxTokensTotal - this.tally.counts.tokens.total;
      const maxTokens = left === null ? null : Math.max(1, Math.ceil(left / lanes.chunks));
      this.tally.begin(chunk);
      const { groupSlots } = lanes;
      this.chunks.start({ files: this.files, index, chunk, slots, groupSlots, firstAttempts: packed, maxTokens });
    }
  }

  private nextChunk(index: InputIndex): number | undefined {
    if (this.again.length > 0) return this.again.shift();
    return this.cursor < index.chunks ? this.cursor++ : undefined;
  }

  private startRows(rows: BatchRows): void {
    const { groupConcurrency } = this.input.spec;
    const hasRoom = ({ group }: RowRef) => {
      const limit = groupConcurrency[group];
      return limit === undefined || rows.inGroup(group) < limit;
    };
    while (rows.size < this.control.limits.concurrency) {
      const index = this.queue.findIndex(hasRoom);
      const [row] = index === -1 ? [] : this.queue.splice(index, 1);
      if (row === undefined) return;
      rows.start(row);
    }
  }

  private chunkEnded(chunk: number, result: ChunkResult): void {
    this.storageTroubles = 0;
    const rows = this.tally.ran(chunk, result).filter(({ row }) => this.rows?.has(row) !== true);
    this.queue = [...this.queue.filter((row) => row.chunk !== chunk), ...rows];
    if (result.stopped) this.again.push(chunk);
    this.checkBudget();
    this.control.wake();
  }

  private chunkDeferred(chunk: number, trouble: string | null): void {
    this.again.push(chunk);
    if (trouble !== null) this.storageTroubles += 1;
    const isHopeless = this.storageTroubles >= MAX_STORAGE_TROUBLES || this.chunks.running.length === 0;
    if (trouble !== null && isHopeless) this.control.pause(`the files of the batch: ${trouble}`);
    this.control.wake();
  }

  private rowEnded(end: RowEnd, row: RowRef): void {
    if (end.state === 'stopped' && !this.scope.consideredCancelled) {
      this.recordStopped(row).catch((error: unknown) => this.failed(error));
      return;
    }
    this.tally.rowEnded(end);
    this.checkBudget();
    this.control.wake();
  }

  /** The call of a row was cancelled or terminated by somebody: the row has failed. */
  private async recordStopped(row: RowRef): Promise<void> {
    const kind = 'CancelledError';
    const { status } = ERROR_KINDS[kind];
    const failure = { kind, status, message: 'the call of this row was stopped from outside', report: null } as const;
    this.recording += 1;
    try {
      await this.activities.recordRowFailure({ files: this.files, input: this.index?.input ?? '', row, failure });
    } finally {
      this.recording -= 1;
    }
    this.tally.rowEnded({ row: row.row, chunk: row.chunk, state: 'failed', kind, tokens: NO_TOKENS });
    this.control.wake();
  }

  private checkBudget(): void {
    const { maxTokensTotal } = this.control.limits;
    if (maxTokensTotal === null || this.tally.counts.tokens.total < maxTokensTotal || this.control.paused !== null) {
      return;
    }
    this.control.pause(`max_tokens_total of ${maxTokensTotal} is used up; resume with another`);
  }

  private isThrough(index: InputIndex): boolean {
    return this.cursor >= index.chunks && this.tally.isEmpty && this.chunks.running.length === 0;
  }

  private canRenew(rows: BatchRows): boolean {
    return this.chunks.running.length === 0 && rows.starting === 0 && this.recording === 0;
  }

  /** Goes on in a new history. The calls of single rows go on meanwhile. */
  private async renew(index: InputIndex, rows: BatchRows): Promise<never> {
    await condition(allHandlersFinished);
    const { concurrency, maxTokensTotal } = this.control.limits;
    const waiting = new Set([...this.queue.map(({ chunk }) => chunk), ...this.again]);
    const carried = {
      startedMs: this.startedMs,
      index,
      cursor: this.cursor,
      open: this.tally.carry(rows.running, (chunk) => waiting.has(chunk)),
      closed: this.tally.closedCounts,
      limits: { concurrency, maxTokensTotal },
      paused: this.control.paused,
    };
    return continueBatchAsNew({ ...this.input, carried }, this.startedMs);
  }

  private async writeOutput(index: InputIndex): Promise<BatchResult> {
    this.state = 'writing output';
    this.display.show();
    const { files } = this;
    const summary = await this.withStorage(() => this.activities.assembleBatch({ files, index, partial: false }));
    this.state = summary.failed > 0 ? 'completed with errors' : 'completed';
    this.display.publish();
    const { rows, answered, failed, errors, tokens } = summary;
    return { state: this.state, rows, counts: { answered, failed, errors, tokens }, output: files.output };
  }

  /** Ends a cancelled batch: what is done stays readable. */
  private async windDown(): Promise<void> {
    await this.rows?.cancelAll();
    await condition(() => this.chunks.running.length === 0 && (this.rows?.size ?? 0) === 0);
    this.queue = [];
    this.state = 'writing output';
    const { files, index } = this;
    if (index === null) return;
    try {
      await this.activities.assembleBatch({ files, index, partial: true });
    } catch (error) {
      // The parts are there, and can be put together later.
      if (storageTroubleIn(error) === null) throw error;
    }
  }

  private withStorage<T>(work: () => Promise<T>): Promise<T> {
    return withStorage(work, this.control, () => this.display.show());
  }

  private status(): BatchStatus {
    const { spec } = this.input;
    const isEnded = this.state === 'cancelled' || this.state === 'failed';
    const paused = isEnded ? null : this.control.paused;
    const isPacked = this.mode === 'packed';
    const running = this.rows?.size ?? 0;
    const inChunks = this.chunks.shares.reduce((sum, { slots, tail }) => sum + (tail ?? slots), 0);
    return {
      batchId: this.files.batchId,
      state: paused === null ? this.state : 'paused',
      reason: paused?.reason ?? null,
      pausedBy: paused?.by ?? null,
      spec: { ...spec, ...this.control.limits },
      mode: this.mode,
      rows: this.index?.rows ?? null,
      counts: this.tally.counts,
      retrying: this.mode === 'workflow' ? null : this.queue.length + running,
      inFlight: isPacked ? inChunks : running,
      chunks: this.chunks.running.map((chunk) => ({ chunk, counts: this.tally.countsOf(chunk) })),
      startedAt: isoTime(this.startedMs),
    };
  }

  private failed(error: unknown): void {
    this.failure ??= { error };
    this.control.wake();
  }
}
