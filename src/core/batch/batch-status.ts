import { isoTime } from '../common/iso-time.js';
import {
  allCalls,
  batchMode,
  countsOfBatch,
  openChunks,
  pauseOf,
  retryingRows,
  type BatchProgress,
  type ChunkRun,
} from './batch-progress.js';
import type { BatchSpec, BatchState, BatchStatus } from './batch.js';

/** Where a batch stands, for those who look at it: the query, the Temporal UI, the memo, HTTP and the command line. */
export function batchStatus(
  progress: BatchProgress,
  { batchId, spec }: { readonly batchId: string; readonly spec: BatchSpec },
): BatchStatus {
  const { limits, index, startedMs, outcome } = progress;
  const paused = pauseOf(progress);
  const mode = batchMode(spec, progress);
  const attempting = openChunks(progress).flatMap(([chunk, { run }]) =>
    run !== null && run.slots > 0 ? [{ chunk, run }] : [],
  );
  return {
    batchId,
    state: stateOf(progress),
    reason: reasonOf(progress),
    pausedBy: paused?.by ?? null,
    spec: { ...spec, ...limits },
    mode,
    rows: index?.rows ?? null,
    counts: countsOfBatch(progress),
    retrying: mode === 'workflow' ? null : outcome === null ? retryingRows(progress) : 0,
    inFlight: mode === 'workflow' ? allCalls(progress).length : rowsInFlight(attempting.map(({ run }) => run)),
    chunks: attempting.map(({ chunk, run }) => ({ chunk, counts: run.counts })),
    startedAt: isoTime(startedMs),
  };
}

function stateOf(progress: BatchProgress): BatchState {
  const { phase, outcome, works } = progress;
  if (outcome !== null) return outcome.state;
  if (phase === 'stopping') return works.output === undefined ? 'running' : 'writing output';
  if (pauseOf(progress) !== null) return 'paused';
  return phase === 'continuing as new' || phase === 'over' ? 'running' : phase;
}

/** How it ended is told by its result. */
function reasonOf(progress: BatchProgress): string | null {
  const { outcome, ending, trouble } = progress;
  if (outcome !== null) return null;
  return ending?.message ?? pauseOf(progress)?.reason ?? troubleOfChunks(progress) ?? trouble;
}

/** What a chunk waits for with answers in its hands. */
function troubleOfChunks({ chunks }: BatchProgress): string | null {
  return Object.values(chunks).find(({ run }) => typeof run?.trouble === 'string')?.run?.trouble ?? null;
}

function rowsInFlight(runs: readonly ChunkRun[]): number {
  return runs.reduce((sum, { slots, tail }) => sum + (tail ?? slots), 0);
}
