import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import { pollersOf, type Poller } from './pollers.js';

type Heartbeat = temporal.api.worker.v1.IWorkerHeartbeat;
type SlotsInfo = temporal.api.worker.v1.IWorkerSlotsInfo;

/** Work of one sort that a worker has under way. */
interface WorkerSlots {
  readonly used: number;
  readonly all: number;
}

/** A worker of a task queue. */
export interface ListedWorker {
  /** Its process and machine: `4711@host`. */
  readonly identity: string;
  /** Null, as are slots: it has told nothing of itself yet, or the server does not keep it. */
  readonly startedAt: Date | null;
  /** When the server heard of it last. */
  readonly heardAt: Date;
  /** Its deployment and build, for Worker Versioning; null: it takes part in all. */
  readonly version: string | null;
  /** The SDK's. */
  readonly sdk: string | null;
  readonly isStopping: boolean;
  /** Requests to providers, and what batches do with their files. */
  readonly activities: WorkerSlots | null;
  readonly workflows: WorkerSlots | null;
}

/** `temporal.api.enums.v1.WorkerStatus` */
const SHUTTING_DOWN = 2;

/** A worker tells of itself every ten seconds; one that was killed is told of for longer. */
const FORGOTTEN_MS = 70_000;

/** One for each process: the workers of a process have its name. */
const PAGE = 200;

/**
 * The workers of a task queue: those that poll it, with what they have told of themselves. One that was killed counts for
 * another minute.
 */
export async function listWorkers(client: Client, taskQueue: string, nowMs: number): Promise<ListedWorker[]> {
  const [pollers, heartbeats] = await Promise.all([
    pollersOf(client, taskQueue, nowMs),
    heartbeatsOf(client, taskQueue),
  ]);
  return joinWorkers(pollers, heartbeats, nowMs);
}

/** Workers by their pollers and by their own word. */
export function joinWorkers(
  pollers: readonly Poller[],
  heartbeats: readonly Heartbeat[],
  nowMs: number,
): ListedWorker[] {
  const told = heartbeats.map(workerOf).filter(({ heardAt }) => heardAt.getTime() > nowMs - FORGOTTEN_MS);
  const known = new Set(told.map(({ identity }) => identity));
  const untold = pollers.filter(({ identity }) => !known.has(identity)).map(workerOfPoller);
  return [...told, ...untold].toSorted(
    (one, other) =>
      (one.startedAt?.getTime() ?? nowMs) - (other.startedAt?.getTime() ?? nowMs) ||
      one.identity.localeCompare(other.identity),
  );
}

async function heartbeatsOf(client: Client, taskQueue: string): Promise<Heartbeat[]> {
  const { namespace } = client.options;
  const query = `TaskQueue = ${JSON.stringify(taskQueue)}`;
  try {
    const { workersInfo } = await client.workflowService.listWorkers({ namespace, query, pageSize: PAGE });
    return workersInfo.flatMap(({ workerHeartbeat }) => workerHeartbeat ?? []);
  } catch {
    // A server of before keeps none, and one may be told to: then the pollers say what is known.
    return [];
  }
}

function workerOf(heartbeat: Heartbeat): ListedWorker {
  const { workerIdentity, startTime, heartbeatTime, deploymentVersion, sdkName, sdkVersion, status } = heartbeat;
  const { deploymentName, buildId } = deploymentVersion ?? {};
  return {
    identity: workerIdentity ?? '',
    startedAt: optionalTsToDate(startTime) ?? null,
    heardAt: optionalTsToDate(heartbeatTime) ?? new Date(0),
    version: deploymentName ? `${deploymentName} ${buildId}` : null,
    sdk: sdkName ? `${sdkName} ${sdkVersion}` : null,
    isStopping: status === SHUTTING_DOWN,
    activities: slotsOf(heartbeat.activityTaskSlotsInfo),
    workflows: slotsOf(heartbeat.workflowTaskSlotsInfo),
  };
}

function slotsOf(info: SlotsInfo | null | undefined): WorkerSlots | null {
  if (!info) return null;
  const used = info.currentUsedSlots ?? 0;
  return { used, all: used + (info.currentAvailableSlots ?? 0) };
}

function workerOfPoller({ identity, heardAt }: Poller): ListedWorker {
  const untold = { startedAt: null, version: null, sdk: null, activities: null, workflows: null };
  return { ...untold, identity, heardAt, isStopping: false };
}
