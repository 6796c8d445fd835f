import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ChunkShare } from '../../core/batch/batch-window.js';
import type { ChunkResult, ChunkTail, RunChunkInput } from '../../core/batch/batch.js';
import type { BatchActivities } from './batch-activities.js';
import { storageTroubleIn } from './batch-storage.js';

export interface BatchChunksOptions {
  readonly activities: BatchActivities;
  readonly onResult: (chunk: number, result: ChunkResult) => void;
  /** The chunk could not be run now; it must be run again. */
  readonly onPutOff: (chunk: number, storageTrouble: string | null) => void;
  /** Something went wrong that running it again does not help. */
  readonly onError: (error: unknown) => void;
}

interface RunningChunk extends ChunkShare {
  readonly scope: CancellationScope;
  readonly tail: number | null;
}

/** The chunks whose activity is running. */
export class BatchChunks {
  private readonly options: BatchChunksOptions;
  private readonly chunks = new Map<number, RunningChunk>();

  constructor(options: BatchChunksOptions) {
    this.options = options;
  }

  get shares(): readonly ChunkShare[] {
    return [...this.chunks.values()];
  }

  get running(): readonly number[] {
    return [...this.chunks.keys()];
  }

  start(input: RunChunkInput): void {
    const { chunk, slots } = input;
    const scope = new CancellationScope();
    this.chunks.set(chunk, { slots, tail: null, scope });
    scope
      .run(() => this.options.activities.runChunk(input))
      .then(
        (result) => {
          this.chunks.delete(chunk);
          this.options.onResult(chunk, result);
        },
        (error: unknown) => {
          this.chunks.delete(chunk);
          const trouble = storageTroubleIn(error);
          if (trouble !== null || isCancellation(error)) this.options.onPutOff(chunk, trouble);
          else this.options.onError(error);
        },
      )
      .catch((error: unknown) => this.options.onError(error));
  }

  /** A chunk has begun its last row: its idle slots are free for others. */
  tail({ chunk, inFlight }: ChunkTail): void {
    const running = this.chunks.get(chunk);
    if (running !== undefined) this.chunks.set(chunk, { ...running, tail: inFlight });
  }

  /** Asks all to stop. Each ends by itself then. */
  stop(): void {
    for (const { scope } of this.chunks.values()) scope.cancel();
  }
}
