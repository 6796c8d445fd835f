import { Context } from '@temporalio/activity';
import { answeredRecord, attemptedRecord, type BatchRow } from '../../batch/index.js';
import { addRow } from '../../core/batch/batch-counts.js';
import { retryingLimit } from '../../core/batch/batch-window.js';
import type { ChunkProgress, ChunkResult, RunChunkInput } from '../../core/batch/batch.js';
import type { Storage } from '../../storage/index.js';
import { startHeartbeats } from '../heartbeat.js';
import { handedOver } from '../to-failure.js';
import { isBatchPaused, watchTail } from './ask-batch.js';
import { ChunkPart } from './chunk-part.js';
import { readChunkRows, remainingRow } from './chunk-rows.js';
import { watchStop, type ChunkStop } from './chunk-stop.js';
import type { FirstAttempt } from './first-attempt.js';
import { RowLanes } from './row-lanes.js';
import { withFiles } from './storage-failure.js';

export interface RunChunkDeps {
  readonly storage: Storage;
  readonly firstAttempt: FirstAttempt;
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** Fires when the worker gives up what is in flight. */
  readonly drained: AbortSignal;
}

/** A chunk that was lost so often leaves its rows to calls of their own: one of them may be what kills workers. */
const MAX_LOST = 2;

/**
 * Makes the activity that makes the first attempts at the rows of a chunk, many at a time. Each answer is written down
 * as it comes; a successor reads what is there and goes on. Rows whose first attempt failed are named in the result. When
 * there are many, no other is begun: the batch runs the chunk again when fewer retry.
 */
export function createRunChunk(deps: RunChunkDeps) {
  return function runChunk(input: RunChunkInput): Promise<ChunkResult> {
    return withFiles(() => new ChunkRun(deps, input, Context.current()).run());
  };
}

class ChunkRun {
  private readonly deps: RunChunkDeps;
  private readonly input: RunChunkInput;
  private readonly context: Context;
  private progress: ChunkProgress;

  constructor(deps: RunChunkDeps, input: RunChunkInput, context: Context) {
    this.deps = deps;
    this.input = input;
    this.context = context;
    const known = context.info.heartbeatDetails as ChunkProgress | undefined;
    // What was told before stays true: it is written down.
    this.progress = { chunk: input.chunk, answered: 0, attempted: 0, tokens: 0, ended: 0, ...known, inFlight: 0 };
  }

  async run(): Promise<ChunkResult> {
    const stopHeartbeats = startHeartbeats(this.context, () => this.progress);
    const stop = watchStop({ ...this.deps, context: this.context, isPaused: () => isBatchPaused(this.context) });
    try {
      const result = await this.runRows(stop);
      if (result.stopped && stop.handsOver()) throw handedOver();
      return result;
    } catch (error) {
      this.context.heartbeat({ ...this.progress, ended: this.progress.ended + 1 });
      throw error;
    } finally {
      stop.end();
      stopHeartbeats();
    }
  }

  private async runRows(stop: ChunkStop): Promise<ChunkResult> {
    const { firstAttempts } = this.input;
    const rows = await readChunkRows(this.deps.storage, this.input);
    const { attempted: remaining, fresh } = rows;
    let { counts } = rows;
    const lost = this.context.info.attempt - 1 - this.progress.ended;
    if (!firstAttempts || lost >= MAX_LOST) {
      return { counts, remaining: [...remaining, ...fresh.map((row) => remainingRow(row, null))], stopped: false };
    }
    if (fresh.length === 0) return { counts, remaining, stopped: false };
    const tokensBefore = counts.tokens.total;
    // Those of runs of the chunk before this one are known to the batch.
    const remainingBefore = remaining.length;
    const attemptedBefore = this.progress.attempted;
    const failedNow = () => remaining.length - remainingBefore;

    const part = new ChunkPart(this.deps.storage, this.input);
    const { files, maxTokens, slots, groupSlots } = this.input;
    const { workflowExecution } = this.context.info;
    const recordContext = { batchId: files.batchId, round: files.round };
    let interrupted = 0;
    const work = async (row: BatchRow) => {
      this.progress = { ...this.progress, inFlight: lanes.inFlight };
      const end = await this.deps.firstAttempt(row, { ...stop, workflowExecution, caller: files.caller });
      switch (end.type) {
        case 'answered':
          await part.append(answeredRecord(row, end.result, recordContext));
          counts = addRow(counts, { state: 'answered', tokens: end.result.report.tokens });
          break;
        case 'attempted':
          await part.append(attemptedRecord(row, end.progress, recordContext));
          remaining.push(remainingRow(row, end.progress));
          break;
        case 'unplanned':
          remaining.push(remainingRow(row, null));
          break;
        case 'interrupted':
          interrupted += 1;
      }
      this.progress = {
        ...this.progress,
        answered: counts.answered,
        attempted: attemptedBefore + failedNow(),
        inFlight: lanes.inFlight - 1,
        tokens: counts.tokens.total,
      };
    };
    const hasSpent = () => maxTokens !== null && counts.tokens.total - tokensBefore >= maxTokens;
    const isStopped = () => stop.stop.aborted || hasSpent() || failedNow() >= retryingLimit(slots);
    const lanes = new RowLanes({ rows: fresh, slots, groupSlots, work, isStopped });
    const isTail = () => lanes.left === 0 && lanes.inFlight <= slots / 2;
    const stopWatch = watchTail(this.context, this.input.chunk, () => (isTail() ? lanes : null));
    try {
      await lanes.run();
    } finally {
      stopWatch();
      await part.close();
    }
    return { counts, remaining, stopped: interrupted > 0 || lanes.left > 0 };
  }
}
