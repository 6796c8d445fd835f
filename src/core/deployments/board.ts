import { total } from '../common/total.js';
import { burstOf, recentlySent, withMoreSent, type Sent } from './rate.js';

/** The limits that workers share. */
const SHARED_LIMITS = ['rpm', 'maxParallelRequests'] as const;
type SharedLimit = (typeof SHARED_LIMITS)[number];

/** A part of each limit that there is. */
export type Share = { readonly [limit in SharedLimit]?: number | undefined };

/** How a worker uses a deployment. */
export interface DeploymentUse {
  /** The limits by the worker's config. */
  readonly limits: Share;
  /** What it keeps of what it was given. */
  readonly keeps: Share;
  /** Requests that it has begun, ever. */
  readonly sent: number;
  readonly inFlight: number;
  /** Calls whose turn is near: they wait in the worker. */
  readonly due: number;
}

/** What a worker tells the board: of the deployments that it has calls for. */
export interface BoardReport {
  readonly worker: string;
  readonly deployments: Readonly<Record<string, DeploymentUse>>;
}

/** What a worker may use until it tells the board again. */
export interface ShareView {
  readonly share: Share;
  /** What it may use when the others have given theirs back. */
  readonly fair: Share;
  /** Requests that it may begin at once, after a rest. */
  readonly burst: number;
}

export type BoardView = Readonly<Record<string, ShareView>>;

interface HeldShare extends Pick<DeploymentUse, 'sent' | 'inFlight' | 'due'> {
  /** What nobody else is given. */
  readonly share: Share;
  /** A worker that is not heard of for so long has nothing any more, ms since the epoch. */
  readonly untilMs: number;
}

interface BoardDeployment {
  readonly limits: Share;
  readonly workers: Readonly<Record<string, HeldShare>>;
  readonly sent: readonly Sent[];
}

/** What all workers of a task queue share. JSON: it is handed on from history to history. */
export interface Board {
  readonly deployments: Readonly<Record<string, BoardDeployment>>;
}

export const EMPTY_BOARD: Board = { deployments: {} };

const NEW_DEPLOYMENT: BoardDeployment = { limits: {}, workers: {}, sent: [] };

/** A share is given for so long. Workers report every second while they have calls. */
export const LEASE_MS = 5_000;

/** Takes a worker's report. What all hold together is never more than a limit, unless the limit was made smaller. */
export function takeReport(board: Board, report: BoardReport, nowMs: number): { board: Board; view: BoardView } {
  const view: Record<string, ShareView> = {};
  const deployments = { ...withoutLost(board, nowMs).deployments };
  for (const [id, use] of Object.entries(report.deployments)) {
    const given = giveShare(deployments[id] ?? NEW_DEPLOYMENT, report.worker, use, nowMs);
    deployments[id] = given.deployment;
    view[id] = given.view;
  }
  return { board: { deployments }, view };
}

/** Without the workers that were not heard of for long, and the deployments that nobody has calls for. */
export function withoutLost({ deployments }: Board, nowMs: number): Board {
  const alive = Object.entries(deployments).flatMap(([id, deployment]) => {
    const workers = Object.entries(deployment.workers).filter(([, { untilMs }]) => untilMs > nowMs);
    const sent = recentlySent(deployment.sent, nowMs);
    return workers.length + sent.length === 0
      ? []
      : [[id, { ...deployment, workers: Object.fromEntries(workers), sent }] as const];
  });
  return { deployments: Object.fromEntries(alive) };
}

function giveShare(
  known: BoardDeployment,
  worker: string,
  use: DeploymentUse,
  nowMs: number,
): { deployment: BoardDeployment; view: ShareView } {
  const { limits, keeps, sent, inFlight, due } = use;
  const { [worker]: before, ...others } = known.workers;
  const held: HeldShare = { sent, inFlight, due, share: keeps, untilMs: nowMs + LEASE_MS };
  const all = { ...others, [worker]: held };
  const newlySent = Math.max(0, sent - (before?.sent ?? sent));
  const allSent = newlySent === 0 ? known.sent : withMoreSent(known.sent, newlySent, nowMs);
  const fair = mapLimits(limits, (limit, name) => fairPart(limit, weightsOf(name, all), worker));
  const given = mapLimits(limits, (limit, name) => {
    const free = Math.max(0, limit - heldByOthers(name, others));
    return Math.min(fairPart(limit, weightsOf(name, all), worker), free);
  });
  // What it keeps is nobody else's before it says that it keeps it no more.
  const share = mapLimits(given, (part, name) => Math.max(part, keeps[name] ?? 0));
  const { rpm = 0 } = limits;
  const room = rpm - total(recentlySent(allSent, nowMs).map(({ count }) => count));
  const burst = Math.floor(Math.min(burstOf(rpm), Math.max(0, room)) / Object.keys(all).length);
  return {
    deployment: { limits, workers: { ...all, [worker]: { ...held, share } }, sent: allSent },
    view: { share: given, fair, burst },
  };
}

function mapLimits(share: Share, change: (value: number, name: SharedLimit) => number): Share {
  const changed = SHARED_LIMITS.flatMap((name) => {
    const value = share[name];
    return value === undefined ? [] : [[name, change(value, name)] as const];
  });
  return Object.fromEntries(changed);
}

function heldByOthers(name: SharedLimit, others: Readonly<Record<string, HeldShare>>): number {
  return total(Object.values(others).map(({ share }) => share[name] ?? 0));
}

function weightsOf(name: SharedLimit, all: Readonly<Record<string, HeldShare>>): Weight[] {
  return Object.entries(all).map(([id, held]) => ({ id, weight: weightOf(name, held) }));
}

/** A worker gets the more, the more of its calls are due. Those whose turn is far come back to any worker. */
function weightOf(name: SharedLimit, { inFlight, due }: HeldShare): number {
  return 1 + due + (name === 'rpm' ? 0 : inFlight);
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
