import { Context, log } from '@temporalio/activity';
import { answeredRecord, attemptedRecord, failedRecord, probeFolder, type BatchRow } from '../../batch/index.js';
import type { Clock } from '../../clock.js';
import { addRow } from '../../core/batch/batch-counts.js';
import { retryingLimit } from '../../core/batch/batch-window.js';
import type { ChunkAttempts, ChunkProgress, ChunkResult, RowCounts, RunChunkInput } from '../../core/batch/batch.js';
import type { CallFailure } from '../../core/call/call-types.js';
import { ERROR_KINDS } from '../../core/errors/error-kinds.js';
import type { Storage } from '../../storage/index.js';
import type { AttemptObserver } from '../attempt-context.js';
import { startHeartbeats } from '../heartbeat.js';
import { watchLease, type Lease } from '../lease.js';
import { handedOver } from '../to-failure.js';
import { isBatchPaused, tellTrouble, watchTail } from './ask-batch.js';
import { ChunkPart } from './chunk-part.js';
import {
  chunkResult,
  countRecords,
  hasEnd,
  readChunkRecords,
  readChunkRows,
  untouchedRows,
  type ChunkRecords,
} from './chunk-rows.js';
import { watchStop, type ChunkStop } from './chunk-stop.js';
import type { FirstAttempt } from './first-attempt.js';
import { RowLanes } from './row-lanes.js';
import { withFiles } from './storage-failure.js';

export interface RunChunkDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly firstAttempt: FirstAttempt;
  /** @default nobody counts rows */
  readonly observer?: Pick<AttemptObserver, 'row'> | undefined;
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** Fires when the worker gives up what is in flight. */
  readonly drained: AbortSignal;
}

/** A chunk that was lost so often leaves its rows to calls of their own: one of them may be what kills workers. */
const MAX_LOST = 2;

/** The failure of a row whose call was cancelled, or terminated, by somebody. */
const STOPPED: CallFailure = {
  kind: 'CancelledError',
  status: ERROR_KINDS.CancelledError.status,
  message: 'the call of this row was stopped from outside',
  report: null,
};

/**
 * Makes the activity that makes the first attempts at the rows of a chunk, many at a time, and tells where its rows stand.
 * Each answer is written down as it comes; a successor reads what is there and goes on. What it tells is read from what is
 * written, by it and by others. When many first attempts have failed, no other is made: the batch runs the chunk again when
 * fewer rows retry.
 */
export function createRunChunk(deps: RunChunkDeps) {
  return function runChunk(input: RunChunkInput): Promise<ChunkResult> {
    return withFiles(deps.clock, () => new ChunkRun(deps, input, Context.current()).run());
  };
}

class ChunkRun {
  private readonly deps: RunChunkDeps;
  private readonly input: RunChunkInput;
  private readonly context: Context;
  private readonly lease: Lease;
  private progress: ChunkProgress;

  constructor(deps: RunChunkDeps, input: RunChunkInput, context: Context) {
    this.deps = deps;
    this.input = input;
    this.context = context;
    this.lease = watchLease(deps.clock, context.info, () => context.heartbeat(this.progress));
    const known = context.info.heartbeatDetails as ChunkProgress | undefined;
    // What was told before stays true: it is written down.
    this.progress = { chunk: input.chunk, answered: 0, attempted: 0, tokens: 0, ended: 0, ...known, inFlight: 0 };
  }

  async run(): Promise<ChunkResult> {
    const stopHeartbeats = startHeartbeats(this.deps.clock, this.context, () => this.progress);
    const stop = watchStop({ ...this.deps, context: this.context, isPaused: () => isBatchPaused(this.context) });
    try {
      const result = await this.runRows(stop);
      if (result.fresh > 0 && stop.handsOver()) throw handedOver();
      return result;
    } catch (error) {
      this.context.heartbeat({ ...this.progress, ended: this.progress.ended + 1 });
      throw error;
    } finally {
      stop.end();
      this.lease.end();
      stopHeartbeats();
    }
  }

  private async runRows(stop: ChunkStop): Promise<ChunkResult> {
    const { storage } = this.deps;
    const { files, chunk, probes } = this.input;
    if (probes === true) await probeFolder(storage, files.folder);
    const rows = await readChunkRows(storage, this.input);
    const records = await readChunkRecords(storage, this.input);
    const onTrouble = (trouble: string | null) =>
      tellTrouble(this.context, { chunk, trouble: trouble && `answers wait to be written: ${trouble}` });
    const part = new ChunkPart({ ...this.deps, onTrouble, abort: stop.abort }, this.input);
    let wrote: boolean;
    try {
      wrote = await this.write(rows, records, part, stop);
    } finally {
      await part.close();
    }
    return chunkResult(rows, wrote ? await readChunkRecords(storage, this.input) : records, this.input);
  }

  /** Writes what there is to write, and tells whether it may have written something. */
  private async write(
    rows: readonly BatchRow[],
    records: ChunkRecords,
    part: ChunkPart,
    stop: ChunkStop,
  ): Promise<boolean> {
    const { attempts, stopped } = this.input;
    for (const row of rows.filter(({ row: number }) => stopped.includes(number) && !hasEnd(records, number))) {
      await part.append(failedRecord(row, STOPPED, this.recordContext));
      this.deps.observer?.row('failed');
    }
    if (attempts === null) return stopped.length > 0;
    const untouched = untouchedRows(rows, records, this.input);
    const lost = this.context.info.attempt - 1 - this.progress.ended;
    if (lost < MAX_LOST) await this.attempt(untouched, countRecords(records), { attempts, part, stop });
    else for (const row of untouched) await part.append(attemptedRecord(row, null, this.recordContext));
    return true;
  }

  /** Makes first attempts. */
  private async attempt(
    rows: readonly BatchRow[],
    before: RowCounts,
    { attempts, part, stop }: { attempts: ChunkAttempts; part: ChunkPart; stop: ChunkStop },
  ): Promise<void> {
    const { maxTokens, slots, groupSlots } = attempts;
    const { workflowExecution, priority } = this.context.info;
    const { caller } = this.input.files;
    const { lease } = this;
    let counts = before;
    let attempted = 0;
    const attemptedBefore = this.progress.attempted;
    const work = async (row: BatchRow) => {
      this.progress = { ...this.progress, inFlight: lanes.inFlight };
      const end = await this.firstAttempt(row, { ...stop, lease, workflowExecution, priority, caller });
      switch (end.type) {
        case 'answered':
          await part.append(answeredRecord(row, end.result, this.recordContext)).finally(end.release);
          this.deps.observer?.row('answered');
          counts = addRow(counts, { state: 'answered', tokens: end.result.report.tokens });
          break;
        case 'attempted':
          await part.append(attemptedRecord(row, end.progress, this.recordContext));
          this.deps.observer?.row('attempted');
          attempted += 1;
          break;
        case 'unplanned':
          await part.append(attemptedRecord(row, null, this.recordContext));
          this.deps.observer?.row('attempted');
          attempted += 1;
          break;
        case 'interrupted':
          break;
      }
      this.progress = {
        ...this.progress,
        answered: counts.answered,
        attempted: attemptedBefore + attempted,
        inFlight: lanes.inFlight - 1,
        tokens: counts.tokens.total,
      };
    };
    const hasSpent = () => maxTokens !== null && counts.tokens.total >= maxTokens;
    const isStopped = () => stop.stop.aborted || hasSpent() || attempted >= retryingLimit(slots);
    const lanes = new RowLanes({ rows, slots, groupSlots, work, isStopped });
    const isTail = () => lanes.left === 0 && lanes.inFlight <= slots / 2;
    const stopWatch = watchTail(this.deps.clock, this.context, this.input.chunk, () => (isTail() ? lanes : null));
    try {
      await lanes.run();
    } finally {
      stopWatch();
    }
  }

  /** What goes wrong in an attempt itself is the row's: a call of its own says what it is, and holds no other row. */
  private async firstAttempt(...[row, shared]: Parameters<FirstAttempt>): ReturnType<FirstAttempt> {
    try {
      return await this.deps.firstAttempt(row, shared);
    } catch (error) {
      log.warn('the first attempt at a row went wrong; the row gets a call of its own', { row: row.row, error });
      return { type: 'unplanned' };
    }
  }

  private get recordContext(): { batchId: string; round: number } {
    const { batchId, round } = this.input.files;
    return { batchId, round };
  }
}
