import { Context } from '@temporalio/activity';
import {
  assembleOutput,
  claimFolder,
  discardParts,
  indexInput,
  InputError,
  inputConflict,
  knownModel,
  permittedCall,
  readSummary,
  type BatchSummary,
  type RowCall,
} from '../../batch/index.js';
import type { IndexBatchInput, InputIndex } from '../../core/batch/batch.js';
import type { BatchFiles } from '../../core/call/row-source.js';
import type { RoutingConfig } from '../../core/plan/settings.js';
import type { Storage } from '../../storage/index.js';
import { startHeartbeats } from '../heartbeat.js';
import { withFiles } from './storage-failure.js';

/** Input of the activity `assembleBatch`. */
export interface AssembleBatchInput {
  readonly files: BatchFiles;
  readonly index: InputIndex;
  /** Writes what is there. Otherwise a row without an end is an error. */
  readonly partial: boolean;
}

/** The activities that read the input of a batch as a whole, and write its output. */
export function createBatchFiles(storage: Storage, routing: RoutingConfig) {
  const known = knownModel(routing);
  return {
    /** Checks every row and writes down where the chunks are. */
    indexBatch: ({ input, chunkRows, files, allowed }: IndexBatchInput): Promise<InputIndex> =>
      watched(async (onProgress, signal) => {
        const { batchId, folder, output, settings } = files;
        // Before anything is written there.
        const conflict = inputConflict(input, output);
        if (conflict !== null) throw new InputError(input, conflict);
        await claimFolder({ storage, folder, out: output, batchId });
        // Temporal forgets a batch after a while; its answers are paid for all the same.
        if ((await readSummary(storage, folder)) !== null) {
          throw new InputError(output, 'this folder has the output of a batch that is done; name another one');
        }
        const permitted = permittedCall(routing, allowed);
        const check = (call: RowCall) => permitted(call) ?? known(call);
        const maxUnpackedBytes = allowed?.maxUnpackedBytes;
        return indexInput({ storage, input, maxUnpackedBytes, folder, chunkRows, settings, check, onProgress, signal });
      }),

    /** Writes the output; parts that nobody needs any more are removed. */
    assembleBatch: ({ files, index, partial }: AssembleBatchInput): Promise<BatchSummary> =>
      watched(async (onProgress, signal) => {
        const { folder, output: out } = files;
        const summary = await assembleOutput({ storage, folder, out, index, partial, onProgress, signal });
        if (summary.answered === summary.rows) await discardParts({ storage, folder, summary });
        return summary;
      }),
  };
}

/** Tells Temporal how far the work has come. */
function watched<T>(work: (onProgress: (progress: unknown) => void, signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  let progress: unknown = null;
  const stopHeartbeats = startHeartbeats(context, () => progress);
  return withFiles(() => work((now) => void (progress = now), context.cancellationSignal)).finally(stopHeartbeats);
}
