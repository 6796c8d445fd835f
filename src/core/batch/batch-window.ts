import type { BatchMode, BatchSpec } from './batch.js';

/** `auto` gives each row of a small batch a call of its own, which shows best in the Temporal UI. */
const WORKFLOW_MODE_ROWS = 1_000;

export function modeFor(spec: Pick<BatchSpec, 'mode'>, rows: number): BatchMode {
  if (spec.mode !== 'auto') return spec.mode;
  return rows <= WORKFLOW_MODE_ROWS ? 'workflow' : 'packed';
}

/** So many rows have calls of their own at once: Temporal allows a workflow 2,000 children. */
export const MAX_CALLS = 1_000;

const MAX_CONCURRENCY = 10_000;

/** What is wrong with a number of rows in flight at once; null: nothing. */
export function concurrencyProblem(concurrency: unknown, mode: BatchSpec['mode'] | null): string | null {
  const most = mode === 'workflow' ? MAX_CALLS : MAX_CONCURRENCY;
  const isCount = typeof concurrency === 'number' && Number.isInteger(concurrency);
  if (isCount && concurrency >= 1 && concurrency <= most) return null;
  const why = mode === 'workflow' ? ' in mode workflow, where each row in flight is a call of its own' : '';
  return `concurrency: expected a whole number from 1 to ${most}${why}, got ${JSON.stringify(concurrency)}`;
}

/** A running chunk, as far as it takes of the window. */
export interface ChunkShare {
  readonly slots: number;
  /** Rows in flight since it has begun its last row; null before that. */
  readonly tail: number | null;
}

/** How a window of rows is shared out among chunks. */
export interface Lanes {
  /** Chunks at once. */
  readonly chunks: number;
  /** Rows in flight of each. */
  readonly slots: number;
  /** Rows of a model group in flight of each. */
  readonly groupSlots: Readonly<Record<string, number>>;
}

/** Several chunks at once keep several workers busy, and one slow row from holding all. */
const SLOTS_PER_CHUNK = 25;
const LEAST_CHUNKS = 2;

/**
 * The limit of a group is shared by the chunks, so there are no more of them than the smallest limit.
 * @param allChunks - so many chunks has the batch
 */
export function lanesFor(
  { concurrency, groupConcurrency }: Pick<BatchSpec, 'concurrency' | 'groupConcurrency'>,
  allChunks: number,
): Lanes {
  const limits = Object.values(groupConcurrency);
  const wanted = Math.max(LEAST_CHUNKS, Math.ceil(concurrency / SLOTS_PER_CHUNK));
  const chunks = Math.min(wanted, concurrency, allChunks, ...limits);
  const share = ([group, limit]: [string, number]): [string, number] => [group, Math.floor(limit / chunks)];
  return {
    chunks,
    slots: Math.ceil(concurrency / chunks),
    groupSlots: Object.fromEntries(Object.entries(groupConcurrency).map(share)),
  };
}

/** Slots for one more chunk; 0: none is begun now. A chunk with few slots would hold its rows for long. */
export function slotsForNext(concurrency: number, lanes: Lanes, running: readonly ChunkShare[]): number {
  const taken = running.reduce((sum, { slots, tail }) => sum + (tail ?? slots), 0);
  const slots = Math.min(lanes.slots, concurrency - taken);
  return running.length === 0 || slots >= lanes.slots / 2 ? Math.max(0, slots) : 0;
}

/**
 * While so many rows have failed their first attempt and are not through, no other is begun: a provider that is down closes
 * the window. A chunk, which knows of its own rows only, keeps the limit of its share of the window.
 * @param slots - rows in flight at once, of the batch or of a chunk
 */
export function retryingLimit(slots: number): number {
  return 2 * slots;
}
