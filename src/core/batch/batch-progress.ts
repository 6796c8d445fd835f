import { NO_ROWS, addRow, sumCounts } from './batch-counts.js';
import { modeFor } from './batch-window.js';
import type {
  BatchLimits,
  BatchMode,
  BatchPause,
  BatchResult,
  BatchSpec,
  CallEnd,
  InputIndex,
  NamedRow,
  RowCounts,
} from './batch.js';

/**
 * What a batch does, from its begin to its end. `continuing as new`: its next run is about to begin; `stopping`: it was
 * cancelled, or failed, and what runs comes to its end.
 */
export type BatchPhase = 'checking' | 'running' | 'continuing as new' | 'stopping' | 'writing output' | 'over';

/** Work of a batch that is one activity at a time: the check of the input, the output, waiting for calls, stopping them. */
export type SingleWork = 'check' | 'await' | 'stop' | 'output';

/** Work of a batch that may fail, and is done again. */
export type BatchWork = SingleWork | `chunk ${number}`;

/** The call of a row, as far as the batch knows. */
export interface RowCall {
  readonly group: string;
  /**
   * `starting`: asked for; `child`: it runs, and tells by itself how it ends; `found`: it was there already, or was started
   * before the history was continued as new; `awaited`: an activity waits for its end.
   */
  readonly state: 'starting' | 'child' | 'found' | 'awaited';
  /** Whether its end was read already: what it says when it closes adds nothing. */
  readonly isCounted: boolean;
}

/** The end of a call as the call says it: it counts until what is written of it is read. */
type UnreadEnd = CallEnd & {
  /** Whether the batch found the call, which may be of an earlier round: what it wrote may be none of this one's. */
  readonly isFound: boolean;
};

/** The activity of a chunk. */
export interface ChunkRun {
  /** Rows in flight at once; 0: it is only looked at. */
  readonly slots: number;
  /** Rows in flight since it has begun its last row; null before that. */
  readonly tail: number | null;
  readonly isStopping: boolean;
  /** Whether it finds out if the files can be read and written again. */
  readonly isProbe: boolean;
  /** What it waits for with answers in its hands; null: nothing. */
  readonly trouble: string | null;
  /** Rows whose calls were said to have ended before it began: it must find what is written of them. */
  readonly unread: readonly number[];
  /** What was counted of the chunk when it began. */
  readonly counts: RowCounts;
}

/** A chunk that was begun and has rows without an end. */
export interface OpenChunk {
  /** Rows that had come to their end when the part files were read last. */
  readonly counts: RowCounts;
  /** Tokens that its activity may have used since they were read: those that it was given. */
  readonly granted: number;
  /** Rows without a first attempt, where the chunk makes these; at most so many. */
  readonly fresh: number;
  /** Rows that wait in the part files for calls of their own. */
  readonly waiting: number;
  /**
   * How many of them are of each model group with a limit, in the order of `BatchSpec.groupConcurrency`: a chunk whose rows
   * no group has room for is not looked at. @default of none, as by a batch of before
   */
  readonly waitingIn?: readonly number[];
  readonly calls: Readonly<Record<number, RowCall>>;
  /** Rows whose calls are said to have ended. The next look finds what is written of them. Stored under this name. */
  readonly told: Readonly<Record<number, UnreadEnd>>;
  /** Looks in a row that did not find what they had to. */
  readonly missed: number;
  readonly run: ChunkRun | null;
}

/** How a batch ends that does not complete. */
export interface BatchEnding {
  readonly state: 'cancelled' | 'failed';
  /** Type of the failure. */
  readonly type: string;
  readonly message: string;
  /** Whether what is done is put into the output. */
  readonly hasOutput: boolean;
}

/** Where a batch stands: everything that its next step depends on. JSON. */
export interface BatchProgress {
  readonly startedMs: number;
  readonly phase: BatchPhase;
  readonly limits: BatchLimits;
  /** By a person, or because of its files. */
  readonly pause: BatchPause | null;
  readonly index: InputIndex | null;
  /** The first chunk that was not begun. */
  readonly cursor: number;
  readonly chunks: Readonly<Record<number, OpenChunk>>;
  /** Rows of chunks that are through. */
  readonly closed: RowCounts;
  /** Some of the waiting rows, ready to be started. */
  readonly queue: readonly NamedRow[];
  readonly works: Readonly<Partial<Record<SingleWork, 'running' | 'stopping'>>>;
  /** Failures in a row, of work that is done again. */
  readonly failures: Readonly<Record<string, number>>;
  /** Work that waits before it is done again: for how long. */
  readonly delays: Readonly<Record<string, number>>;
  /** What went wrong last and is done again; null: nothing. */
  readonly trouble: string | null;
  /** Chunks in a row that nobody could read or write. */
  readonly storageTroubles: number;
  readonly isTimerSet: boolean;
  /** Whether a task was asked for, in which more commands can be given. */
  readonly isNextTaskSet: boolean;
  /** Why it is stopping. */
  readonly ending: BatchEnding | null;
  /** How it ends, once nothing is left to do. */
  readonly outcome: BatchEnding | BatchResult | null;
  /** Whether the history is long: the batch is to continue as new. Stored under this name. */
  readonly renews: boolean;
}

export function startBatch(spec: BatchLimits, startedMs: number): BatchProgress {
  const { concurrency, maxTokensTotal } = spec;
  return {
    startedMs,
    phase: 'checking',
    limits: { concurrency, maxTokensTotal },
    pause: null,
    index: null,
    cursor: 0,
    chunks: {},
    closed: NO_ROWS,
    queue: [],
    works: {},
    failures: {},
    delays: {},
    trouble: null,
    storageTroubles: 0,
    isTimerSet: false,
    isNextTaskSet: false,
    ending: null,
    outcome: null,
    renews: false,
  };
}

/**
 * As the next run takes it over, when the batch continues as new: of what was under way only the calls go on. All that was
 * found out stays known: looks at a thousand chunks make a history long by themselves.
 */
export function progressOfNextRun(progress: BatchProgress): BatchProgress {
  const chunks = openChunks(progress).map(([chunk, entry]) => {
    const calls = rowsOf(entry.calls).map(([row, call]) => [row, { ...call, state: 'found' }] as const);
    return [chunk, { ...entry, calls: Object.fromEntries(calls) }] as const;
  });
  return {
    ...progress,
    phase: progress.phase === 'continuing as new' ? (progress.index === null ? 'checking' : 'running') : progress.phase,
    chunks: Object.fromEntries(chunks),
    works: {},
    delays: {},
    isTimerSet: false,
    isNextTaskSet: false,
    renews: false,
  };
}

export function batchMode(spec: Pick<BatchSpec, 'mode'>, { index }: BatchProgress): BatchMode | null {
  return index === null ? null : modeFor(spec, index.rows);
}

/** So many chunks the batch has; 0 until its input is checked. */
export function chunkCount({ index }: BatchProgress): number {
  return index?.chunks ?? 0;
}

export function openChunks({ chunks }: BatchProgress): (readonly [chunk: number, entry: OpenChunk])[] {
  return rowsOf(chunks);
}

/** The entries of a record by number, the lowest first. */
export function rowsOf<T>(record: Readonly<Record<number, T>>): (readonly [number: number, value: T])[] {
  return Object.entries(record).map(([number, value]) => [Number(number), value]);
}

/** What is counted of a chunk: what was read, and what was said since. */
export function countsOfChunk({ counts, told }: OpenChunk): RowCounts {
  return Object.values(told).reduce(withEnd, counts);
}

function withEnd(counts: RowCounts, end: CallEnd): RowCounts {
  switch (end.state) {
    case 'answered':
    case 'failed':
      return addRow(counts, end);
    case 'stopped':
      return addRow(counts, { state: 'failed', kind: 'CancelledError', tokens: NO_ROWS.tokens });
    case 'gone':
      return counts;
  }
}

export function countsOfBatch(progress: BatchProgress): RowCounts {
  return Object.values(progress.chunks).reduce((sum, chunk) => sumCounts(sum, countsOfChunk(chunk)), progress.closed);
}

/** Calls that run, without those whose end was read already. */
function callsOfChunk({ calls }: OpenChunk): RowCall[] {
  return Object.values(calls).filter(({ isCounted }) => !isCounted);
}

/** All calls that Temporal has for the batch, whether their end was read or not. */
export function allCalls({ chunks }: BatchProgress): RowCall[] {
  return Object.values(chunks).flatMap(({ calls }) => Object.values(calls));
}

/** Rows whose first attempt failed and that are not through: their calls run, or they wait for one. */
export function retryingRows({ chunks }: BatchProgress): number {
  return Object.values(chunks).reduce((sum, chunk) => sum + chunk.waiting + callsOfChunk(chunk).length, 0);
}

/** What is wrong with the files, among `failures` and `delays`, where they stand under the names of works. */
export const FILES = 'files';

/** Whether the batch is paused for its files, and does not look for them now. */
export function isHeld({ pause, delays }: BatchProgress): boolean {
  return pause?.by === 'batch' && delays[FILES] !== undefined;
}

/** Whether rows are left that nothing was begun for, as far as that is known. */
function hasRowsToBegin(progress: BatchProgress): boolean {
  if (progress.cursor < chunkCount(progress)) return true;
  return Object.values(progress.chunks).some(({ run, fresh, waiting }) => waiting > 0 || (run === null && fresh > 0));
}

/** Why no row is begun; null: nothing is in the way. A batch whose last rows used up its tokens has nothing to begin. */
export function pauseOf(progress: BatchProgress): BatchPause | null {
  if (progress.pause !== null || progress.phase !== 'running') return progress.pause;
  const { maxTokensTotal } = progress.limits;
  if (maxTokensTotal === null || countsOfBatch(progress).tokens.total < maxTokensTotal) return null;
  if (!hasRowsToBegin(progress)) return null;
  return { reason: `max_tokens_total of ${maxTokensTotal} is used up; resume with another`, by: 'batch' };
}
