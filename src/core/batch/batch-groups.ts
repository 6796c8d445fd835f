import { allCalls, type BatchProgress, type OpenChunk } from './batch-progress.js';
import type { BatchSpec, NamedRow } from './batch.js';

/** So many waiting rows are kept ready; the others wait where they are written. */
export const MAX_QUEUE = 500;

/** A model group with a limit of its own, and how many more of its rows are to be named. */
export interface GroupRoom {
  readonly group: string;
  readonly names: number;
  /** Whether it is worth a look at a chunk. */
  readonly isWanted: boolean;
}

/**
 * Of a group with a limit so many rows are named as can be started, and as many again: others are not to wait behind them.
 * They are named when there is room for half of the limit, so that not each call that ends makes for a look; and what one
 * look brings is waited for before there is another.
 * @param queue - rows that stay ready
 */
export function roomOfGroups(
  progress: BatchProgress,
  { groupConcurrency }: Pick<BatchSpec, 'groupConcurrency'>,
  queue: readonly NamedRow[] = progress.queue,
): readonly GroupRoom[] {
  const limits = Object.entries(groupConcurrency);
  if (limits.length === 0) return [];
  const running = callsByGroup(progress);
  const isLooking = Object.values(progress.chunks).some(({ run }) => run?.slots === 0);
  return limits.map(([group, limit]) => {
    const ready = queue.filter((row) => row.group === group).length;
    const names = Math.max(0, 2 * limit - (running.get(group) ?? 0) - ready);
    return { group, names, isWanted: !isLooking && 2 * names >= limit };
  });
}

export function callsByGroup(progress: BatchProgress): Map<string, number> {
  const groups = new Map<string, number>();
  for (const { group } of allCalls(progress)) groups.set(group, (groups.get(group) ?? 0) + 1);
  return groups;
}

/**
 * The rows that are ready, with those that a look has named: as many as there is room for. Looks that ran beside it may have
 * named others of the same group.
 */
export function withReady(
  progress: BatchProgress,
  named: readonly NamedRow[],
  spec: Pick<BatchSpec, 'groupConcurrency'>,
): NamedRow[] {
  const left = new Map(roomOfGroups(progress, spec).map(({ group, names }) => [group, names]));
  const ready = named.filter(({ group }) => {
    const names = left.get(group) ?? Infinity;
    left.set(group, names - 1);
    return names > 0;
  });
  return [...progress.queue, ...ready].slice(0, MAX_QUEUE);
}

/** Whether rows of a chunk wait that are not ready, and that their groups have room for. */
export function hasRowsToName(
  { waiting, waitingIn = [] }: Pick<OpenChunk, 'waiting' | 'waitingIn'>,
  ready: readonly NamedRow[],
  rooms: readonly GroupRoom[],
): boolean {
  const unnamed = rooms.map(({ group }, at) => {
    const readyOfGroup = ready.filter((row) => row.group === group).length;
    return Math.max(0, (waitingIn[at] ?? 0) - readyOfGroup);
  });
  const ofOthers = unnamed.reduce((left, count) => left - count, waiting - ready.length);
  return ofOthers > 0 || rooms.some(({ isWanted }, at) => isWanted && unnamed[at] !== 0);
}

/** The rows of a chunk that wait, without one that is started. */
export function withoutWaiting(
  { waiting, waitingIn }: OpenChunk,
  { group }: NamedRow,
  { groupConcurrency }: Pick<BatchSpec, 'groupConcurrency'>,
): Pick<OpenChunk, 'waiting' | 'waitingIn'> {
  const place = Object.keys(groupConcurrency).indexOf(group);
  const left = waitingIn?.map((count, at) => (at === place ? Math.max(0, count - 1) : count));
  return { waiting: waiting - 1, ...(left && { waitingIn: left }) };
}
