import { BatchDraft } from './batch-draft.js';
import type { BatchCommand } from './batch-events.js';
import { withCalls, withChunk } from './batch-chunk.js';
import {
  allCalls,
  chunkCount,
  isHeld,
  openChunks,
  pauseOf,
  rowsOf,
  type BatchEnding,
  type BatchPhase,
  type BatchProgress,
  type ChunkRun,
  type RowCall,
} from './batch-progress.js';
import type { BatchOrder } from './batch-receive.js';
import { beginRows, confirmChunks, probeFiles } from './batch-rows-plan.js';
import type { BatchResult, RowPlace } from './batch.js';

/** A batch, and what is to be done for it. */
export interface BatchStep {
  readonly progress: BatchProgress;
  readonly commands: readonly BatchCommand[];
}

/** What follows from where a batch stands. */
export function nextCommands(order: BatchOrder, progress: BatchProgress, room: number): BatchStep {
  const draft = new BatchDraft(progress, room);
  let phase: BatchPhase;
  do {
    phase = draft.progress.phase;
    PHASES[phase](draft, order);
  } while (draft.progress.phase !== phase);
  draft.close();
  return { progress: draft.progress, commands: draft.commands };
}

/** What a batch does in each phase, until nothing is left to do now. Some lead to another. */
const PHASES: Readonly<Record<BatchPhase, (draft: BatchDraft, order: BatchOrder) => void>> = {
  checking(draft) {
    const { works, delays, index, renews } = draft.progress;
    const isIdle = works.check === undefined;
    if (index !== null) {
      draft.give({ type: 'keep input', sha256: index.sha256 }, { phase: 'running' });
    } else if (renews && isIdle) {
      continueAsNew(draft);
    } else if (isIdle && !isHeld(draft.progress) && delays['check'] === undefined) {
      draft.work({ type: 'check input' }, 'check');
    }
  },

  running(draft, order) {
    const paused = pauseOf(draft.progress);
    awaitCalls(draft);
    if (draft.progress.renews) {
      continueAsNew(draft);
    } else if (paused === null) {
      beginRows(draft, order);
    } else {
      stopChunks(draft, ({ slots }) => slots > 0);
      // What is done can be read, unless that is what is in the way.
      if (draft.progress.pause?.by !== 'batch') confirmChunks(draft, order);
      else if (!isHeld(draft.progress)) probeFiles(draft, order);
    }
    const { cursor, chunks } = draft.progress;
    const isThrough = cursor >= chunkCount(draft.progress) && Object.keys(chunks).length === 0;
    const isNext = isThrough && draft.progress.phase === 'running';
    if (isNext) draft.progress = { ...draft.progress, phase: 'writing output' };
  },

  'writing output'(draft) {
    const { works, delays, outcome, renews } = draft.progress;
    const isIdle = works.output === undefined;
    if (outcome !== null) {
      end(draft, outcome);
    } else if (renews && isIdle) {
      continueAsNew(draft);
    } else if (isIdle && !isHeld(draft.progress) && delays['output'] === undefined) {
      draft.work({ type: 'write output', partial: false }, 'output');
    }
  },

  stopping(draft) {
    const { works, ending, index, outcome } = draft.progress;
    if (outcome !== null) return end(draft, outcome);
    stopChunks(draft, () => true);
    if (works.check === 'running') draft.work({ type: 'stop work', work: 'check' }, 'check', 'stopping');
    stopCalls(draft);
    const { progress } = draft;
    const isIdle = Object.values(progress.chunks).every(
      ({ run, calls }) => run === null && Object.keys(calls).length === 0,
    );
    if (!isIdle || progress.works.check !== undefined || progress.works.stop !== undefined) return;
    const hasOutput = ending?.hasOutput === true && index !== null;
    if (!hasOutput && ending !== null) end(draft, ending);
    else if (progress.works.output === undefined) draft.work({ type: 'write output', partial: true }, 'output');
  },

  'continuing as new'() {},
  over() {},
};

/** Ends the batch. */
function end(draft: BatchDraft, outcome: BatchEnding | BatchResult): void {
  draft.give({ type: 'end', end: outcome }, { outcome, phase: 'over' });
}

/** Calls that are no children of this history are waited for by one activity, for all of them. */
function awaitCalls(draft: BatchDraft): void {
  const { works, delays } = draft.progress;
  const isFound = allCalls(draft.progress).some(({ state }) => state === 'found');
  if (!isFound || delays['await'] !== undefined) return;
  // The one that runs does not know of those that were found since.
  if (works.await === 'running') draft.work({ type: 'stop work', work: 'await' }, 'await', 'stopping');
  if (works.await !== undefined) return;
  if (!draft.work({ type: 'await calls', rows: placesOf(draft.progress, 'found') }, 'await')) return;
  draft.progress = withCalls(draft.progress, (call) => (call.state === 'found' ? { ...call, state: 'awaited' } : call));
}

function placesOf({ chunks }: BatchProgress, state?: RowCall['state']): RowPlace[] {
  return rowsOf(chunks).flatMap(([chunk, { calls }]) =>
    rowsOf(calls)
      .filter(([, call]) => state === undefined || call.state === state)
      .map(([row]) => ({ row, chunk })),
  );
}

/** Chunks that run begin no more rows. */
function stopChunks(draft: BatchDraft, isToStop: (run: ChunkRun) => boolean): void {
  for (const [chunk, entry] of openChunks(draft.progress)) {
    const { run } = entry;
    if (run === null || run.isStopping || !isToStop(run)) continue;
    const { chunks } = withChunk(draft.progress, chunk, { ...entry, run: { ...run, isStopping: true } });
    if (!draft.give({ type: 'stop chunk', chunk }, { chunks })) return;
  }
}

/** One activity stops all calls: Temporal allows a workflow so many cancellations at once and no more. */
function stopCalls(draft: BatchDraft): void {
  const { progress } = draft;
  const calls = allCalls(progress);
  const isKnown = calls.every(({ state }) => state !== 'starting');
  if (calls.length === 0 || !isKnown || progress.works.stop !== undefined || progress.delays['stop'] !== undefined) {
    return;
  }
  const found = [...placesOf(progress, 'found'), ...placesOf(progress, 'awaited')];
  draft.work({ type: 'stop calls', rows: placesOf(progress), found }, 'stop');
}

/** The history is continued as new once nothing runs but calls, which go on. */
function continueAsNew(draft: BatchDraft): void {
  const isQuiet = Object.values(draft.progress.chunks).every(({ run }) => run === null);
  if (!isQuiet || allCalls(draft.progress).some(({ state }) => state === 'starting')) return;
  draft.give({ type: 'continue as new' }, { phase: 'continuing as new' });
}
