import { total } from '../common/total.js';
import type { OtherLines } from './other-lines.js';
import { burstOf, recentlySent, withMoreSent, type Sent } from './rate.js';

/** The limits that workers share. */
const SHARED_LIMITS = ['rpm', 'tpm', 'maxParallelRequests'] as const;
type SharedLimit = (typeof SHARED_LIMITS)[number];

/** A part of each limit that there is. */
export type Share = { readonly [limit in SharedLimit]?: number | undefined };

export function hasLimit(share: Share): boolean {
  return SHARED_LIMITS.some((name) => share[name] !== undefined);
}

/** Nothing of each limit that there is. */
export function noShareOf(limits: Share): Share {
  return mapLimits(limits, () => 0);
}

/** What somebody has of the limits that hold now: a board of before knows fewer, one that was not told yet higher ones. */
export function partOf(limits: Share, has: Share): Share {
  return mapLimits(limits, (limit, name) => Math.min(limit, has[name] ?? limit));
}

/** With no less of each limit than somebody has. */
export function withAtLeast<T extends { readonly share: Share }>(given: T, has: Share): T {
  return { ...given, share: mapLimits(given.share, (part, name) => Math.max(part, has[name] ?? 0)) };
}

/** How a worker uses the limits of a deployment. */
export interface ShareUse {
  /** The limits by the worker's config. */
  readonly limits: Share;
  /** What it keeps of what it was given. */
  readonly keeps: Share;
  /** Requests that it has begun, ever. */
  readonly sent: number;
  readonly inFlight: number;
  /** Tokens of the last minute, those that are expected among them. @default none are counted */
  readonly tokens?: number | undefined;
  /** Calls whose turn is near: they wait in the worker. */
  readonly due: number;
  /** Those, and who was told by this worker when its turn comes. @default those that are due */
  readonly waiting?: number | undefined;
  /** Who was told by this worker to come back within a lease, to whichever worker. @default nobody */
  readonly soon?: number | undefined;
}

/** What a worker may use until it tells the board again. */
export interface GivenShare {
  readonly share: Share;
  /** @default a board of before */
  readonly others?: OtherLines;
  /** Requests that it may begin at once, after a rest. */
  readonly burst: number;
  /** The same of tokens, where these are limited. */
  readonly tokenBurst?: number;
}

interface HeldShare extends Pick<ShareUse, 'inFlight' | 'tokens' | 'due' | 'waiting' | 'soon'> {
  /** Requests that it had begun. @default not known: it has begun others since, while the board was away */
  readonly sent?: number | undefined;
  /** The limits by its config. @default those of who asks: a board of before */
  readonly limits?: Share;
  /** What nobody else is given. */
  readonly share: Share;
  /** A worker that is not heard of for so long has nothing any more, ms since the epoch. */
  readonly untilMs: number;
}

/** The limits of a deployment, and who has which part of them. */
export interface SharedLimits {
  readonly limits: Share;
  readonly workers: Readonly<Record<string, HeldShare>>;
  readonly sent: readonly Sent[];
}

export const NO_OTHERS: OtherLines = { count: 0, waiting: 0, besideOwn: 0 };

/** A share is given for so long. Workers report every second while they have calls. */
export const LEASE_MS = 5_000;

/** A worker that has less than so many times its part keeps it. */
const STEADY = 1.25;

/** Whether the lease of a worker has run out, and nobody was heard since: else the worker would be lost. */
export function ranOutUnheard({ workers }: SharedLimits, worker: string, nowMs: number): boolean {
  return (workers[worker]?.untilMs ?? Infinity) <= nowMs;
}

/** Those who were not heard while the board was away have what they had until they can have told of it. */
export function withNewLeases<T extends SharedLimits>(shared: T, nowMs: number): T {
  const untilMs = nowMs + LEASE_MS;
  const workers = Object.entries(shared.workers).map(([id, held]) => [id, { ...held, sent: undefined, untilMs }]);
  return { ...shared, workers: Object.fromEntries(workers) };
}

/** Without the workers that were not heard of for long. */
export function withoutLostShares<T extends SharedLimits>(shared: T, nowMs: number): T {
  const workers = Object.entries(shared.workers).filter(([, { untilMs }]) => untilMs > nowMs);
  return { ...shared, workers: Object.fromEntries(workers), sent: recentlySent(shared.sent, nowMs) };
}

/** Of a worker that wants none any more. */
export function giveBackShare<T extends SharedLimits>(known: T, worker: string, sent: number, nowMs: number): T {
  const { [worker]: before, ...workers } = known.workers;
  return { ...known, workers, sent: allSent(known, before, sent, nowMs) };
}

function allSent(known: SharedLimits, before: HeldShare | undefined, sent: number, nowMs: number): readonly Sent[] {
  const newlySent = Math.max(0, sent - (before?.sent ?? sent));
  return newlySent === 0 ? known.sent : withMoreSent(known.sent, newlySent, nowMs);
}

/**
 * What all hold together is never more than a limit, unless the limit was made smaller. Where configs differ, as in a rolling
 * deploy, each has its part of the limit by its own.
 * @param expected - how many workers may come: one that comes first leaves the others their parts, until it reports again
 */
export function giveShare<T extends SharedLimits>(
  known: T,
  worker: string,
  use: ShareUse,
  nowMs: number,
  expected: number,
): { shared: T; given: GivenShare } {
  const { limits, keeps, sent, inFlight, tokens, due, waiting, soon } = use;
  const { [worker]: before, ...others } = known.workers;
  const held: HeldShare = {
    sent,
    inFlight,
    tokens,
    due,
    waiting,
    soon,
    limits,
    share: keeps,
    untilMs: nowMs + LEASE_MS,
  };
  const all = { ...others, [worker]: held };
  const sentByAll = allSent(known, before, sent, nowMs);
  const otherLines = linesOf(Object.values(others), before ?? held, held);
  const soonEach = total(Object.values(all).map((each) => each.soon ?? 0)) / Object.keys(all).length;
  const given = mapLimits(limits, (limit, name) => {
    const free = Math.max(0, Math.floor(limit - heldByOthers(name, limit, others)));
    const part = fairPart(limit, weightsOf(name, all, soonEach), worker);
    const most = before === undefined ? Math.ceil(limit / expected) : limit;
    return Math.min(steadied(part, keeps[name] ?? 0), free, most);
  });
  // What it keeps is nobody else's before it says that it keeps it no more.
  const share = mapLimits(given, (part, name) => Math.max(part, keeps[name] ?? 0));
  const among = Math.max(Object.keys(all).length, before === undefined ? expected : 1);
  const burst = burstFor(limits.rpm, total(recentlySent(sentByAll, nowMs).map(({ count }) => count)), among);
  const tokenBurst = burstFor(limits.tpm, total(Object.values(all).map((each) => each.tokens ?? 0)), among);
  return {
    shared: { ...known, limits, workers: { ...all, [worker]: { ...held, share } }, sent: sentByAll },
    given: { share: given, others: otherLines, burst, ...(limits.tpm !== undefined && { tokenBurst }) },
  };
}

/** What goes from one worker to another is nobody's until both have told: a little is not worth that. */
function steadied(part: number, keeps: number): number {
  return keeps > part && keeps < part * STEADY ? keeps : part;
}

/** The lines of others, and how long this worker's own was when each told of its own. */
function linesOf(others: readonly HeldShare[], before: HeldShare, now: HeldShare): OtherLines {
  const spanMs = now.untilMs - before.untilMs;
  const grown = waitingOf(now) - waitingOf(before);
  const ownThen = others.map(({ untilMs }) => {
    const part = spanMs === 0 ? 0 : Math.max(0, untilMs - before.untilMs) / spanMs;
    return waitingOf(before) + part * grown;
  });
  return {
    count: others.length,
    waiting: total(others.map(waitingOf)),
    besideOwn: total(ownThen) / Math.max(1, others.length),
  };
}

function waitingOf({ waiting, due }: Pick<ShareUse, 'waiting' | 'due'>): number {
  return waiting ?? due;
}

/** What each worker may begin at once: a part of what the minute has room for. */
function burstFor(perMinute: number | undefined, used: number, among: number): number {
  if (perMinute === undefined) return 0;
  const most = Math.min(burstOf(perMinute), Math.max(0, perMinute - used));
  return Math.floor(most / among);
}

function mapLimits(share: Share, change: (value: number, name: SharedLimit) => number): Share {
  const changed = SHARED_LIMITS.flatMap((name) => {
    const value = share[name];
    return value === undefined ? [] : [[name, change(value, name)] as const];
  });
  return Object.fromEntries(changed);
}

/** As parts of this limit: theirs may be another one. */
function heldByOthers(name: SharedLimit, limit: number, others: Readonly<Record<string, HeldShare>>): number {
  return total(
    Object.values(others).map(({ share, limits }) => ((share[name] ?? 0) * limit) / (limits?.[name] ?? limit)),
  );
}

/** A worker gets the more, the more of its calls are due. Those who are away come back to any worker. */
function weightsOf(name: SharedLimit, all: Readonly<Record<string, HeldShare>>, soonEach: number): Weight[] {
  return Object.entries(all).map(([id, { due, inFlight }]) => ({
    id,
    weight: 1 + due + soonEach + (name === 'maxParallelRequests' ? inFlight : 0),
  }));
}

interface Weight {
  readonly id: string;
  readonly weight: number;
}

/** What one gets of a number that is split into whole parts by weight; the largest rests are rounded up. */
function fairPart(whole: number, weights: readonly Weight[], worker: string): number {
  const sum = total(weights.map(({ weight }) => weight));
  const parts = weights
    .map(({ id, weight }) => ({ id, exact: (whole * weight) / sum }))
    .toSorted((one, other) => (other.exact % 1) - (one.exact % 1) || (one.id < other.id ? -1 : 1));
  const left = whole - total(parts.map(({ exact }) => Math.floor(exact)));
  return total(parts.map(({ id, exact }, rank) => (id === worker ? Math.floor(exact) + (rank < left ? 1 : 0) : 0)));
}
