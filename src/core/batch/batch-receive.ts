import type { BatchEvent, WorkFailure } from './batch-events.js';
import { refusedInput } from './batch-refusal.js';
import { chunkRead, withCalls, withChunk } from './batch-chunk.js';
import { withReady } from './batch-groups.js';
import {
  allCalls,
  FILES,
  openChunks,
  type BatchEnding,
  type BatchProgress,
  type BatchWork,
  type ChunkRun,
  type RowCall,
  type SingleWork,
} from './batch-progress.js';
import { BAD_INPUT, BATCH_BROKEN, type BatchPause, type RowEnd, type RowPlace } from './batch.js';
import type { LlmBatchInput } from './llm-batch-input.js';

/** What a batch was asked for; it never changes. */
export interface BatchOrder extends Pick<LlmBatchInput, 'spec' | 'expectedSha256'> {
  /**
   * Whether tokens granted to a chunk that failed stay granted until it has been read, also where it is granted fewer the next
   * time. Not in batches that began before this was there.
   */
  readonly keepsGrants: boolean;
}

type EventOf<T extends BatchEvent['type']> = Extract<BatchEvent, { type: T }>;
type Receivers = {
  readonly [T in BatchEvent['type']]: (progress: BatchProgress, event: EventOf<T>, order: BatchOrder) => BatchProgress;
};

/** So many chunks in a row that nobody could read or write pause the batch. */
const MAX_STORAGE_TROUBLES = 3;

/** Work that failed so often in a row, for nothing that may pass by itself, ends the batch. */
const MAX_FAILURES = 5;
const FIRST_DELAY_MS = 1_000;

/** So long calls that were told to stop have to come to their end. */
const STOP_PATIENCE_MS = 15_000;

/** How long a batch that is paused for its files waits before it looks for them again: at first, and in the end. */
const FIRST_PROBE_MS = 5_000;
const MOST_PROBE_MS = 60_000;

/** What each event makes of a batch. What comes late, or twice, changes nothing. */
const RECEIVERS: Receivers = {
  begun: (progress) => progress,

  'input checked': (progress, { index }, order) => {
    const checked = succeeded({ ...withFiles(withoutWork(progress, 'check')), index }, 'check');
    const refusal = refusedInput(index, order);
    return refusal === null ? checked : endedBy(checked, refusal);
  },

  'chunk read': (progress, { chunk, result }, { spec }) => {
    const entry = progress.chunks[chunk];
    if (entry === undefined || entry.run === null) return progress;
    const { read, named, missing } = chunkRead(entry, entry.run, result);
    const work = `chunk ${chunk}` as const;
    const queue = withReady(progress, named, spec);
    const reached = entry.run.isProbe ? withFiles(progress) : progress;
    const good = { ...succeeded(withChunk(reached, chunk, read), work), queue, storageTroubles: 0 };
    if (missing === null) return good;
    const message = `the call of row ${missing + 1} has ended, and nothing is written of it; do all workers see the same folder?`;
    return failedAgain(good, work, message, read.missed);
  },

  'chunk in tail': (progress, { chunk, inFlight }) => withRun(progress, chunk, { tail: inFlight }),
  'chunk in trouble': (progress, { chunk, trouble }) => withRun(progress, chunk, { trouble }),

  'call started': (progress, place) => withCall(progress, place, { state: 'child' }),
  'call found': (progress, place) => withCall(progress, place, { state: 'found' }),
  'call ended': (progress, { end }) => callEnded(progress, end),

  'calls awaited': (progress, { ends }) => succeeded(notAwaited(ends.reduce(callEnded, progress)), 'await'),

  // The others are about to tell that they have ended: what they have to write is written by then.
  'calls stopped': (progress) => {
    const left = withCalls(withoutWork(progress, 'stop'), (call) => (call.state === 'child' ? call : null));
    return allCalls(left).length === 0 ? left : { ...left, delays: { ...left.delays, stop: STOP_PATIENCE_MS } };
  },

  'output written': (progress, { result }) => ({
    ...succeeded(withFiles(withoutWork(progress, 'output')), 'output'),
    outcome: progress.phase === 'stopping' ? progress.ending : result,
  }),

  'work failed': (progress, { work, failure }) => workFailed(progress, work, failure),

  // Who pauses a batch that waits for its files wants it to wait also when they are there.
  pause: (progress, { reason }) => pausedFor(progress, { reason, by: 'person' }),
  resume: (progress, { maxTokensTotal }) => ({
    ...progress,
    pause: null,
    trouble: null,
    failures: {},
    storageTroubles: 0,
    limits: { ...progress.limits, ...(maxTokensTotal !== undefined && { maxTokensTotal }) },
  }),
  'set concurrency': (progress, { concurrency }) => ({
    ...progress,
    limits: { ...progress.limits, concurrency },
  }),
  cancel: (progress, { ending }) => endedBy(progress, ending),

  'history is long': (progress) => ({ ...progress, renews: true }),
  waited: (progress) => {
    const rested = { ...progress, delays: {}, isTimerSet: false };
    return progress.delays['stop'] === undefined ? rested : notCalling(rested);
  },
  'next task': (progress) => ({ ...progress, isNextTaskSet: false }),
};

export function receive<T extends BatchEvent['type']>(
  progress: BatchProgress,
  event: EventOf<T>,
  order: BatchOrder,
): BatchProgress {
  const { type }: { type: T } = event;
  return progress.phase === 'over' ? progress : RECEIVERS[type](progress, event, order);
}

/** Changes what is known of the activity of a chunk, while it runs. */
function withRun(progress: BatchProgress, chunk: number, change: Partial<ChunkRun>): BatchProgress {
  const entry = progress.chunks[chunk];
  if (entry === undefined || entry.run === null) return progress;
  return withChunk(progress, chunk, { ...entry, run: { ...entry.run, ...change } });
}

function withCall(progress: BatchProgress, { chunk, row }: RowPlace, change: Pick<RowCall, 'state'>): BatchProgress {
  const entry = progress.chunks[chunk];
  const call = entry?.calls[row];
  if (entry === undefined || call === undefined) return progress;
  return withChunk(progress, chunk, { ...entry, calls: { ...entry.calls, [row]: { ...call, ...change } } });
}

function callEnded(progress: BatchProgress, { row, chunk, ...end }: RowEnd): BatchProgress {
  const entry = progress.chunks[chunk];
  const call = entry?.calls[row];
  if (entry === undefined || call === undefined) return progress;
  const { [row]: _ended, ...calls } = entry.calls;
  // What was read already is not counted again; and a call that the batch itself has stopped is no failed row.
  const isNothing = call.isCounted || (end.state === 'stopped' && progress.ending !== null);
  const isFound = call.state === 'found' || call.state === 'awaited';
  const told = isNothing ? entry.told : { ...entry.told, [row]: { ...end, isFound } };
  return withChunk(progress, chunk, { ...entry, calls, told });
}

/** The activity that waited is over: those that have not ended are waited for by another. */
function notAwaited(progress: BatchProgress): BatchProgress {
  const found = (call: RowCall): RowCall => (call.state === 'awaited' ? { ...call, state: 'found' } : call);
  return withoutWork(withCalls(progress, found), 'await');
}

function workFailed(progress: BatchProgress, work: BatchWork, failure: WorkFailure): BatchProgress {
  const idle = notRunning(progress, work);
  if (idle === null) return progress;
  // What is done stays readable without its output, which can be put together later.
  if (progress.ending !== null && work === 'output') return { ...idle, outcome: progress.ending };
  if (progress.ending !== null || failure.type === 'stopped') return idle;
  switch (failure.type) {
    case 'storage':
      return storageFailed(idle, work, failure.message);
    case 'input':
      return endedBy(idle, failedWith(BAD_INPUT, failure.message));
    case 'error':
      return failedAgain(idle, work, failure.message, 1 + (idle.failures[work] ?? 0));
  }
}

/** The batch without this work; null: it did not run. */
function notRunning(progress: BatchProgress, work: BatchWork): BatchProgress | null {
  const chunk = chunkOf(work);
  if (chunk === null) return work in progress.works ? WITHOUT[work as SingleWork](progress) : null;
  const entry = progress.chunks[chunk];
  return entry === undefined || entry.run === null ? null : withChunk(progress, chunk, { ...entry, run: null });
}

const WITHOUT: Readonly<Record<SingleWork, (progress: BatchProgress) => BatchProgress>> = {
  check: (progress) => withoutWork(progress, 'check'),
  output: (progress) => withoutWork(progress, 'output'),
  await: notAwaited,
  stop: notCalling,
};

/** Calls that were stopped, as far as they could be. */
function notCalling(progress: BatchProgress): BatchProgress {
  return withoutWork(
    withCalls(progress, () => null),
    'stop',
  );
}

/** Null: it is not the work of a chunk. */
function chunkOf(work: BatchWork): number | null {
  return work.startsWith('chunk ') ? Number(work.slice('chunk '.length)) : null;
}

/**
 * The files cannot be read or written: other workers may see them. When nobody gets on, the batch pauses, and looks for them
 * again, later each time.
 */
function storageFailed(progress: BatchProgress, work: BatchWork, message: string): BatchProgress {
  const storageTroubles = progress.storageTroubles + 1;
  const isAlone = !openChunks(progress).some(([, { run }]) => run !== null);
  const trouble = `the files of the batch: ${message}`;
  const troubled = { ...progress, storageTroubles, trouble };
  const isHopeless = isAlone || storageTroubles >= MAX_STORAGE_TROUBLES || chunkOf(work) === null;
  if (!isHopeless) return troubled;
  const times = 1 + (progress.failures[FILES] ?? 0);
  const failures = { ...progress.failures, [FILES]: times };
  const delays = { ...progress.delays, [FILES]: Math.min(FIRST_PROBE_MS * 2 ** (times - 1), MOST_PROBE_MS) };
  return pausedFor({ ...troubled, failures, delays }, { reason: trouble, by: 'batch' });
}

/** The files can be read and written: a batch that was paused for them goes on. */
function withFiles(progress: BatchProgress): BatchProgress {
  const { [FILES]: _past, ...failures } = progress.failures;
  return { ...progress, failures, pause: progress.pause?.by === 'batch' ? null : progress.pause };
}

/** It is done again, later each time; in the end the batch fails, and can be started again. */
function failedAgain(progress: BatchProgress, work: BatchWork, message: string, times: number): BatchProgress {
  const failures = { ...progress.failures, [work]: times };
  if (times < MAX_FAILURES) {
    const delays = { ...progress.delays, [work]: FIRST_DELAY_MS * 2 ** (times - 1) };
    return { ...progress, failures, delays, trouble: `${message}; it is tried again` };
  }
  return endedBy({ ...progress, failures }, failedWith(BATCH_BROKEN, `${message} (${work}, ${times} times in a row)`));
}

function failedWith(type: string, message: string): BatchEnding {
  return { state: 'failed', type, message, hasOutput: false };
}

/** What runs comes to its end, and the batch with it. An output that is being written is not given up. */
function endedBy(progress: BatchProgress, ending: BatchEnding): BatchProgress {
  if (progress.ending !== null) return progress;
  const isWriting = progress.phase === 'writing output' && progress.works.output !== undefined;
  return { ...progress, ending, pause: null, queue: [], phase: isWriting ? progress.phase : 'stopping' };
}

function pausedFor(progress: BatchProgress, pause: BatchPause): BatchProgress {
  return { ...progress, pause: progress.pause?.by === 'person' ? progress.pause : pause };
}

function withoutWork(progress: BatchProgress, work: SingleWork): BatchProgress {
  const { [work]: _done, ...works } = progress.works;
  return { ...progress, works };
}

/** Nothing went wrong this time. */
function succeeded(progress: BatchProgress, work: BatchWork): BatchProgress {
  const { [work]: _past, ...failures } = progress.failures;
  return { ...progress, failures, trouble: Object.keys(failures).length === 0 ? null : progress.trouble };
}
