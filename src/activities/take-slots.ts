import type { RequestLimits } from '../core/deployments/line.js';
import type { PlaceInLine } from '../core/deployments/place-in-line.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { configuredId } from '../core/plan/wildcards.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { Asking, Slot, Turn } from '../providers/limiter.js';
import type { AttemptContext, GroupAttemptDeps, GroupWork } from './attempt-context.js';
import { startHeartbeats } from './heartbeat.js';
import type { Lease } from './lease.js';
import { linkSignals } from './linked-signal.js';

/** A slot that is not free, and when its turn comes. */
interface NoSlots {
  readonly waitMs: number;
  readonly what: string;
  readonly place: PlaceInLine;
}

interface Wanted extends Pick<GroupWork, 'caller' | 'cameFrom' | 'deadlineMs'> {
  readonly deployment: DeploymentPlan;
}

type Deps = Pick<GroupAttemptDeps, 'slots' | 'callers' | 'drained' | 'clock'>;

/** Temporal's own. */
const DEFAULT_PRIORITY = 3;

/**
 * Takes the slots of an attempt, which are one from then on: that of the caller, for a row, and that of the deployment. Or
 * the attempt is stopped from outside meanwhile: also by another worker that has it, if this one did nothing for long.
 */
export async function takeSlots(
  deps: Deps,
  wanted: Wanted,
  progress: GroupProgress,
  context: Pick<AttemptContext, 'info' | 'cancellationSignal' | 'heartbeat'>,
  lease: Pick<Lease, 'held'>,
): Promise<Slot | NoSlots | 'stopped'> {
  const { info, cancellationSignal } = context;
  // Who stands in a line is no lost attempt.
  const stopHeartbeats = startHeartbeats(deps.clock, context, () => progress);
  const stopped = linkSignals(cancellationSignal, deps.drained);
  const asking: Omit<Asking, 'place'> = {
    flow: info.priority?.fairnessKey ?? '',
    priority: info.priority?.priorityKey || DEFAULT_PRIORITY,
    deadlineMs: wanted.deadlineMs,
    signal: stopped.signal,
  };
  const { place } = progress;
  const slots = await takeAll(linesOf(deps, wanted, progress), wanted.deployment, asking, {
    place,
    nowMs: deps.clock.now,
  });
  if (slots.waitMs === null) await lease.held(stopped.signal);
  stopHeartbeats();
  stopped.unlink();
  if (!stopped.signal.aborted) return slots;
  if (slots.waitMs === null) slots.giveBack();
  return 'stopped';
}

/** One of the lines that an attempt has to pass. */
interface LineToPass {
  readonly line: string;
  /** What is waited for, for people. */
  readonly what: string;
  readonly take: (asking: Asking) => Promise<Slot | Turn>;
}

async function takeAll(
  lines: readonly LineToPass[],
  deployment: DeploymentPlan,
  asking: Omit<Asking, 'place'>,
  { place, nowMs }: { place: PlaceInLine | undefined; nowMs: () => number },
): Promise<Slot | NoSlots> {
  const taken: Slot[] = [];
  for (const { line, what, take } of lines) {
    const slot = await take({ ...asking, place: place?.line === line ? place : undefined });
    if (slot.waitMs !== null) {
      taken.forEach(({ giveBack }) => giveBack());
      const { waitMs, sinceMs } = slot;
      return { waitMs, what, place: { line, deployment: deployment.id, sinceMs, dueMs: nowMs() + waitMs } };
    }
    taken.push(slot);
  }
  return {
    waitMs: null,
    release: () => taken.forEach(({ release }) => release()),
    giveBack: () => taken.forEach(({ giveBack }) => giveBack()),
  };
}

/** Those of the caller of a row, and that of the deployment. */
function linesOf(
  { slots, callers }: Deps,
  { deployment, caller, cameFrom }: Wanted,
  { attempts }: GroupProgress,
): LineToPass[] {
  const line = configuredId(deployment);
  const own: LineToPass = {
    line,
    what: `a slot of ${deployment.id} (rpm, max_parallel_requests)`,
    take: (asking) => slots.take(line, asking),
  };
  if (caller === undefined) return [own];
  const { id, rpmLimit: rpm, maxParallelRequests } = caller;
  const ofKey = (name: string, limits: RequestLimits): LineToPass => ({
    line: `key ${id} ${name}`,
    what: `a slot of key ${id} (${name})`,
    take: (asking) => callers.take(`${id} ${name}`, () => limits, asking),
  });
  // A row is a request of its caller's, whatever its retries: they count for those at the same time only.
  const isFirst = cameFrom === undefined && attempts === 0;
  return [
    ...(isFirst && rpm ? [ofKey('rpm_limit', { rpm })] : []),
    ...(maxParallelRequests ? [ofKey('max_parallel_requests', { maxParallelRequests })] : []),
    own,
  ];
}
