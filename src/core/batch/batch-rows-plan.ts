import { newChunk } from './batch-chunk.js';
import type { BatchDraft } from './batch-draft.js';
import {
  callsByGroup,
  hasRowsToName,
  MAX_QUEUE,
  roomOfGroups,
  withoutWaiting,
  type GroupRoom,
} from './batch-groups.js';
import {
  allCalls,
  batchMode,
  chunkCount,
  countsOfBatch,
  countsOfChunk,
  openChunks,
  retryingRows,
  rowsOf,
  type BatchProgress,
  type ChunkRun,
  type OpenChunk,
} from './batch-progress.js';
import type { BatchOrder } from './batch-receive.js';
import { lanesFor, MAX_CALLS, retryingLimit, slotsForNext } from './batch-window.js';
import { NAMES_AT_ONCE, type ChunkAttempts, type NamedRow } from './batch.js';

/** Chunks that are only looked at, at once: each is held in memory. */
const MAX_LOOKS = 8;

/** Chunks with rows without an end: the batch keeps a few numbers of each. */
const MAX_OPEN_CHUNKS = 1_000;

/** What of the window is taken. */
interface Window {
  /** Chunks that are only looked at. */
  readonly looks: number;
  readonly calls: number;
  readonly retrying: number;
  /** Chunks that make first attempts. */
  readonly attempting: readonly ChunkRun[];
  /** Waiting rows that are ready to be started, by their chunk. */
  readonly ready: ReadonlyMap<number, readonly NamedRow[]>;
  readonly groups: readonly GroupRoom[];
}

function windowOf(progress: BatchProgress, { spec }: BatchOrder): Window {
  const runs = Object.values(progress.chunks).flatMap(({ run: running }) => (running === null ? [] : [running]));
  const attempting = runs.filter(({ slots }) => slots > 0);
  return {
    looks: runs.length - attempting.length,
    calls: allCalls(progress).length,
    retrying: retryingRows(progress),
    attempting,
    ready: Map.groupBy(progress.queue, ({ chunk }) => chunk),
    groups: roomOfGroups(progress, spec),
  };
}

/** Begins rows within the window: waiting ones as calls, others by first attempts of their chunk. */
export function beginRows(draft: BatchDraft, order: BatchOrder): void {
  startCalls(draft, order);
  let window = windowOf(draft.progress, order);
  for (const [chunk, entry] of openChunks(draft.progress)) {
    if (workOnChunk(draft, order, window, chunk, entry)) window = windowOf(draft.progress, order);
  }
  while (hasMoreChunks(draft.progress)) {
    if (!workOnChunk(draft, order, window, draft.progress.cursor, newChunk(order.spec.chunkRows))) return;
    window = windowOf(draft.progress, order);
  }
}

function hasMoreChunks(progress: BatchProgress): boolean {
  return progress.cursor < chunkCount(progress) && Object.keys(progress.chunks).length < MAX_OPEN_CHUNKS;
}

/** Looks at chunks whose calls have all ended: what they said is read before it counts. */
export function confirmChunks(draft: BatchDraft, order: BatchOrder): void {
  for (const [chunk, entry] of openChunks(draft.progress)) {
    if (isIdle(draft.progress, chunk, entry) && isToConfirm(entry)) run(draft, order, chunk, entry, null);
  }
}

/** Looks at a chunk, to find out whether the files can be read and written again. */
export function probeFiles(draft: BatchDraft, order: BatchOrder): void {
  const { progress } = draft;
  if (Object.values(progress.chunks).some(({ run: running }) => running !== null)) return;
  const [chunk, entry] = openChunks(progress)[0] ?? [progress.cursor, newChunk(order.spec.chunkRows)];
  run(draft, order, chunk, entry, null, true);
}

/** Does for a chunk what there is to do. False: nothing was begun. */
function workOnChunk(draft: BatchDraft, order: BatchOrder, window: Window, chunk: number, entry: OpenChunk): boolean {
  const { progress } = draft;
  if (!isIdle(progress, chunk, entry)) return false;
  const isPacked = batchMode(order.spec, progress) === 'packed';
  const isUnread = !isPacked && entry.fresh > 0;
  const hasNames = isUnread || hasRowsToName(entry, window.ready.get(chunk) ?? [], window.groups);
  if (hasNames && wantsNames(progress, window, order)) return run(draft, order, chunk, entry, null);
  const attempts = isPacked && entry.fresh > 0 ? attemptsFor(progress, window, order, entry) : null;
  return (attempts !== null || isToConfirm(entry)) && run(draft, order, chunk, entry, attempts);
}

function isIdle({ delays }: BatchProgress, chunk: number, { run: running }: OpenChunk): boolean {
  return running === null && delays[`chunk ${chunk}`] === undefined;
}

function isToConfirm({ calls, told }: OpenChunk): boolean {
  return Object.keys(calls).length === 0 && Object.keys(told).length > 0;
}

/** Whether more rows are to be named: the window has room for them, or will have it and nothing is ready. */
function wantsNames(progress: BatchProgress, { looks, calls }: Window, { spec }: BatchOrder): boolean {
  if (looks >= MAX_LOOKS) return false;
  const { queue } = progress;
  const room = Math.min(callWindow(progress) - calls, MAX_QUEUE) - queue.length;
  return room > looks * Math.min(NAMES_AT_ONCE, spec.chunkRows) || (queue.length === 0 && looks === 0);
}

function callWindow({ limits }: BatchProgress): number {
  return Math.min(limits.concurrency, MAX_CALLS);
}

function startCalls(draft: BatchDraft, { spec }: BatchOrder): void {
  if (draft.progress.queue.length === 0) return;
  const inGroup = callsByGroup(draft.progress);
  let calls = allCalls(draft.progress).length;
  for (const row of draft.progress.queue) {
    const { chunks, queue } = draft.progress;
    const entry = chunks[row.chunk];
    if (entry === undefined || calls >= callWindow(draft.progress)) return;
    const running = inGroup.get(row.group) ?? 0;
    if (running >= (spec.groupConcurrency[row.group] ?? Infinity)) continue;
    const call = { group: row.group, state: 'starting', isCounted: false } as const;
    const calling = { ...entry.calls, [row.row]: call };
    const started = { ...entry, calls: calling, ...withoutWaiting(entry, row, spec) };
    const become = { chunks: { ...chunks, [row.chunk]: started }, queue: queue.filter((other) => other !== row) };
    if (!draft.give({ type: 'start call', row }, become)) return;
    calls += 1;
    inGroup.set(row.group, running + 1);
  }
}

/** The first attempts that one more chunk may make; null: none now. */
function attemptsFor(
  progress: BatchProgress,
  { retrying, attempting }: Window,
  { spec }: BatchOrder,
  entry: OpenChunk,
): ChunkAttempts | null {
  const { concurrency, maxTokensTotal } = progress.limits;
  if (retrying >= retryingLimit(concurrency)) return null;
  const lanes = lanesFor({ concurrency, groupConcurrency: spec.groupConcurrency }, chunkCount(progress));
  const slots = slotsForNext(concurrency, lanes, attempting);
  if (slots === 0) return null;
  const { groupSlots } = lanes;
  if (maxTokensTotal === null) return { slots, groupSlots, maxTokens: null };
  // Also to chunks that failed since: what these have used is not known yet.
  const granted = Object.values(progress.chunks).reduce((sum, chunk) => sum + chunk.granted, -entry.granted);
  const left = maxTokensTotal - countsOfBatch(progress).tokens.total - granted;
  if (left <= 0) return null;
  const grant = Math.ceil(left / Math.max(1, lanes.chunks - attempting.length));
  return { slots, groupSlots, maxTokens: countsOfChunk(entry).tokens.total + grant };
}

/** Runs the activity of a chunk. It names its waiting rows again, so none of them may be started meanwhile. */
function run(
  draft: BatchDraft,
  { spec, keepsGrants }: BatchOrder,
  chunk: number,
  entry: OpenChunk,
  attempts: ChunkAttempts | null,
  isProbe = false,
): boolean {
  const { progress } = draft;
  const counts = countsOfChunk(entry);
  const unread = rowsOf(entry.told);
  const maxTokens = attempts?.maxTokens ?? null;
  const running: ChunkRun = {
    slots: attempts?.slots ?? 0,
    tail: null,
    isStopping: false,
    isProbe,
    trouble: null,
    unread: unread.map(([row]) => row),
    counts,
  };
  const queue = progress.queue.filter((row) => row.chunk !== chunk);
  const command = {
    type: 'run chunk',
    chunk,
    attempts,
    known: [...rowsOf(entry.calls), ...unread].map(([row]) => row),
    stopped: unread.filter(([, { state }]) => state === 'stopped').map(([row]) => row),
    groupNames: Object.fromEntries(roomOfGroups(progress, spec, queue).map(({ group, names }) => [group, names])),
    probes: isProbe,
  } as const;
  const granted = maxTokens === null ? entry.granted : maxTokens - counts.tokens.total;
  const unreadGrant = keepsGrants ? entry.granted : 0;
  const chunks = { ...progress.chunks, [chunk]: { ...entry, granted: Math.max(granted, unreadGrant), run: running } };
  return draft.give(command, { chunks, queue, cursor: Math.max(progress.cursor, chunk + 1) });
}
