import { total } from '../common/total.js';
import { isChecked, takeCheck } from './board-checks.js';
import {
  circuitAfter,
  isForgotten,
  shifted,
  shiftedEvent,
  withoutLostProbe,
  type Circuit,
  type CircuitEvent,
} from './circuit.js';
import { holdOf, type Hold } from './hold.js';
import { isRampOver } from './ramp.js';
import { RECENT_MS, type LastError, type RecentCounts } from './recent.js';
import {
  giveBackShare,
  giveShare,
  LEASE_MS,
  NO_OTHERS,
  ranOutUnheard,
  withNewLeases,
  withoutLostShares,
  type GivenShare,
  type SharedLimits,
  type ShareUse,
} from './shares.js';

/** Whose a deployment is, and where. */
export interface DeploymentAbout {
  readonly group: string;
  readonly provider: string;
  readonly host: string;
  /** The deployment of the config that it stands for, under a wildcard. @default itself */
  readonly configuredId?: string;
}

/** What a worker has seen of a deployment. Times are told as milliseconds from now. */
export interface DeploymentNews {
  readonly about: DeploymentAbout;
  /** It has no calls there, and wants no share: it only listens. */
  readonly listens: boolean;
  /** Calls that stand in its lines, or were told their turn. */
  readonly waiting: number;
  /** What the board does not know yet. */
  readonly events: readonly CircuitEvent[];
  readonly recent: RecentCounts;
  /** Null: there was none. */
  readonly lastError: LastError | null;
  /** Failures of the last minute, by kind. */
  readonly failures: Readonly<Record<string, number>>;
}

/** How a worker uses a deployment. */
export interface DeploymentUse extends ShareUse {
  /** Absent: told by a worker of before. */
  readonly news?: DeploymentNews | undefined;
  /** The worker asks whether it is to check the deployment, which is checked so often. @default it does not */
  readonly checksEveryMs?: number | undefined;
}

/** What a worker tells the board: of the deployments that it has calls for. */
export interface BoardReport {
  readonly worker: string;
  readonly deployments: Readonly<Record<string, DeploymentUse>>;
}

/** What all together know of a deployment. Times are told as milliseconds from now. */
export interface DeploymentWord {
  /** Absent: it is closed. */
  readonly circuit?: Circuit;
  readonly hold?: Hold;
  /** How many use it. */
  readonly workers: number;
  /** Failures of the last minute that the others have seen, by kind. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface ShareView extends GivenShare {
  /** Absent: a board of before. */
  readonly word?: DeploymentWord;
  /** Whether this worker is to check the deployment now. @default it is not */
  readonly checks?: boolean;
}

export type BoardView = Readonly<Record<string, ShareView>>;

/** What a worker has told last. */
interface Told extends Pick<DeploymentNews, 'waiting' | 'recent' | 'failures'> {
  readonly atMs: number;
}

export interface BoardDeployment extends SharedLimits {
  readonly about?: DeploymentAbout | undefined;
  readonly circuit?: Circuit;
  /** By worker. */
  readonly told?: Readonly<Record<string, Told>>;
  readonly lastError?: LastError | null;
  /** Until then no other worker checks it, ms since the epoch. @default it is not checked */
  readonly checkAgainMs?: number;
}

/** What all workers of a task queue share. JSON: it is handed on from history to history. */
export interface Board {
  readonly deployments: Readonly<Record<string, BoardDeployment>>;
  /** @default none */
  readonly holds?: readonly Hold[];
}

export const EMPTY_BOARD: Board = { deployments: {} };

export const EMPTY_DEPLOYMENT: BoardDeployment = { limits: {}, workers: {}, sent: [] };

/** Failures are counted over a minute. */
const FAILURES_MS = 60_000;

/** Takes a worker's report. */
export function takeReport(board: Board, report: BoardReport, nowMs: number): { board: Board; view: BoardView } {
  const view: Record<string, ShareView> = {};
  const { worker } = report;
  const deployments = { ...withoutLost(sinceAway(board, worker, nowMs), nowMs).deployments };
  for (const [id, use] of Object.entries(report.deployments)) {
    const known = deployments[id] ?? EMPTY_DEPLOYMENT;
    const { shared, given } = use.news?.listens
      ? { shared: giveBackShare(known, worker, use.sent, nowMs), given: { share: {}, others: NO_OTHERS, burst: 0 } }
      : giveShare(known, worker, use, nowMs, expectedWorkers(known, worker));
    const told = use.news === undefined ? shared : withNews(shared, worker, use.news, nowMs);
    const { known: deployment, checks } = takeCheck(told, use.checksEveryMs, nowMs);
    deployments[id] = deployment;
    view[id] = {
      ...given,
      ...(checks && { checks }),
      ...(use.news && { word: wordFor(worker, id, { deployment, holds: board.holds }, nowMs) }),
    };
  }
  return { board: { ...board, deployments }, view };
}

/** A worker that is back after its lease, with nobody heard in between, was not lost: the board was away, for all of them. */
function sinceAway(board: Board, worker: string, nowMs: number): Board {
  const deployments = Object.entries(board.deployments);
  if (!deployments.some(([, each]) => ranOutUnheard(each, worker, nowMs))) return board;
  return {
    ...board,
    deployments: Object.fromEntries(deployments.map(([id, each]) => [id, withNewLeases(each, nowMs)])),
  };
}

/** How many may have calls there: those who had some lately; where one is new, another one may be so, too. */
function expectedWorkers({ workers, told = {} }: BoardDeployment, worker: string): number {
  return new Set([...Object.keys(workers), ...Object.keys(told), worker]).size + (worker in told ? 0 : 1);
}

/** Without the workers that were not heard of for long, and the deployments that nobody has calls for. */
export function withoutLost(board: Board, nowMs: number): Board {
  const alive = Object.entries(board.deployments).flatMap(([id, deployment]) => {
    const left = withoutOld(deployment, nowMs);
    return isIdle(left) && !isChecked(left, nowMs) ? [] : [[id, left] as const];
  });
  return { ...board, deployments: Object.fromEntries(alive) };
}

function withoutOld(deployment: BoardDeployment, nowMs: number): BoardDeployment {
  const left = withoutLostShares(deployment, nowMs);
  const { told, circuit, lastError } = left;
  const recent = told && Object.fromEntries(Object.entries(told).filter(([, { atMs }]) => atMs > nowMs - RECENT_MS));
  return {
    ...left,
    ...(told && { told: recent }),
    ...(circuit && { circuit: circuitLeft(left, nowMs) }),
    ...(lastError && { lastError: lastError.atMs > nowMs - RECENT_MS ? lastError : null }),
  };
}

function circuitLeft({ circuit, workers, told = {} }: BoardDeployment, nowMs: number): Circuit {
  if (isForgotten(circuit, nowMs)) return undefined;
  const isWaitedFor = Object.values(told).some(({ waiting, atMs }) => waiting > 0 && atMs > nowMs - LEASE_MS);
  if (circuit?.state === 'ramp' && isRampOver(circuit, isWaitedFor, nowMs)) return undefined;
  return withoutLostProbe(circuit, (worker) => worker in workers);
}

function isIdle({ workers, sent, told = {}, circuit }: BoardDeployment): boolean {
  return [workers, told].every((of) => Object.keys(of).length === 0) && sent.length === 0 && circuit === undefined;
}

function withNews(known: BoardDeployment, worker: string, news: DeploymentNews, nowMs: number): BoardDeployment {
  const { about, waiting, recent, failures, lastError } = news;
  const circuit = news.events.reduce(
    (before: Circuit, event) => circuitAfter(before, shiftedEvent(event, nowMs), worker, nowMs),
    known.circuit,
  );
  const error = lastError && { ...lastError, atMs: nowMs + lastError.atMs };
  const isLater = error !== null && error.atMs > (known.lastError?.atMs ?? 0);
  return {
    ...known,
    about,
    circuit,
    told: { ...known.told, [worker]: { waiting, recent, failures, atMs: nowMs } },
    ...(isLater && { lastError: error }),
  };
}

function wordFor(
  worker: string,
  id: string,
  { deployment, holds = [] }: { readonly deployment: BoardDeployment; readonly holds: readonly Hold[] | undefined },
  nowMs: number,
): DeploymentWord {
  const { about, circuit, workers, told = {} } = deployment;
  const hold = holdOf(holds, id, about);
  const others = Object.entries(told).filter(([name, { atMs }]) => name !== worker && atMs > nowMs - FAILURES_MS);
  const kinds = new Set(others.flatMap(([, { failures }]) => Object.keys(failures)));
  return {
    ...(circuit && { circuit: shifted(circuit, -nowMs) }),
    ...(hold && { hold: { ...hold, sinceMs: hold.sinceMs - nowMs } }),
    workers: Object.keys(workers).length,
    failures: Object.fromEntries(
      [...kinds].map((kind) => [kind, total(others.map(([, { failures }]) => failures[kind] ?? 0))]),
    ),
  };
}
