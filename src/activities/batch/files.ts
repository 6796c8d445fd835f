import { Context } from '@temporalio/activity';
import type { Clock } from '../../clock.js';
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
  type IndexProgress,
  type RowCall,
} from '../../batch/index.js';
import type { IndexBatchInput, InputIndex } from '../../core/batch/batch.js';
import { problemOfWebhook, toldOf } from '../../core/plan/webhooks.js';
import type { BatchFiles } from '../../core/call/row-source.js';
import { startHeartbeats } from '../heartbeat.js';
import { collectAfter, collectsWhile } from './collect-garbage.js';
import type { FilesDeps } from './row-calls.js';
import { withFiles } from './storage-failure.js';

/** Input of the activity `assembleBatch`. */
export interface AssembleBatchInput {
  readonly files: BatchFiles;
  readonly index: InputIndex;
  /** Writes what is there. Otherwise a row without an end is an error. */
  readonly partial: boolean;
}

/** The activities that read the input of a batch as a whole, and write its output. */
export function createBatchFiles({ storage, routing, clock }: FilesDeps) {
  return {
    /** Checks every row and writes down where the chunks are. */
    indexBatch: ({ input, chunkRows, files, allowed, skipInvalid, webhook }: IndexBatchInput): Promise<InputIndex> =>
      watched(clock, async (onProgress, signal) => {
        const { batchId, round, folder, output, encryptsOutput, settings } = files;
        const skipped = skipInvalid === true ? { batchId, round } : undefined;
        const { webhooks = [] } = routing;
        const problem = problemOfWebhook(webhooks, webhook);
        if (problem !== null) throw new InputError(input, problem);
        // Before anything is written there.
        const conflict = inputConflict(input, output);
        if (conflict !== null) throw new InputError(input, conflict);
        await claimFolder({ storage, folder, out: output, batchId });
        // Temporal forgets a batch after a while; its answers are paid for all the same.
        if ((await readSummary(storage, folder)) !== null) {
          throw new InputError(output, 'this folder has the output of a batch that is done; name another one');
        }
        const permitted = permittedCall(routing, allowed);
        const known = knownModel(routing, allowed?.groups);
        const check = (call: RowCall) => permitted(call) ?? known(call);
        const maxUnpackedBytes = allowed?.maxUnpackedBytes;
        const rules = { chunkRows, settings, check, maxUnpackedBytes, skipped, encryptsOutput };
        const collect = collectsWhile();
        const onBlock = (progress: IndexProgress): void => {
          onProgress(progress);
          collect(progress.bytes);
        };
        const index = await indexInput({ storage, input, folder, ...rules, onProgress: onBlock, signal });
        collectAfter(index.bytes);
        return { ...index, ...toldOf(webhooks, webhook) };
      }),

    /** Writes the output; parts that nobody needs any more are removed. */
    assembleBatch: ({ files, index, partial }: AssembleBatchInput): Promise<BatchSummary> =>
      watched(clock, async (onProgress, signal) => {
        const { folder, output: out, encryptsOutput } = files;
        const watch = { onProgress, signal };
        collectAfter(index.bytes);
        const summary = await assembleOutput({ storage, folder, out, encryptsOutput, index, partial, ...watch });
        collectAfter(index.bytes);
        if (summary.answered === summary.rows) await discardParts({ storage, folder, summary });
        return summary;
      }),
  };
}

/** Tells Temporal how far the work has come. */
function watched<T>(
  clock: Clock,
  work: (onProgress: (progress: unknown) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  let progress: unknown = null;
  const stopHeartbeats = startHeartbeats(clock, context, () => progress);
  return withFiles(clock, () => work((now) => void (progress = now), context.cancellationSignal)).finally(
    stopHeartbeats,
  );
}
