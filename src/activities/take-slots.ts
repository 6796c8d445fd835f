import type { RequestLimits } from '../core/deployments/line.js';
import type { PlaceInLine } from '../core/deployments/place-in-line.js';
import type { RowCaller } from '../core/call/row-source.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { configuredId } from '../core/plan/wildcards.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { Asking, Slot, Turn } from '../providers/limiter.js';
import type { AttemptContext, GroupAttemptDeps, GroupWork } from './attempt-context.js';
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
 * the attempt is stopped from outside meanwhile.
 */
export async function takeSlots(
  deps: Deps,
  wanted: Wanted,
  progress: GroupProgress,
  { info, cancellationSignal }: Pick<AttemptContext, 'info' | 'cancellationSignal'>,
): Promise<Slot | NoSlots | 'stopped'> {
  const stopped = linkSignals(cancellationSignal, deps.drained);
  const asking: Omit<Asking, 'place'> = {
    flow: info.priority?.fairnessKey ?? '',
    priority: info.priority?.priorityKey || DEFAULT_PRIORITY,
    deadlineMs: wanted.deadlineMs,
    signal: stopped.signal,
  };
  const slots = await takeBoth(deps, wanted, progress, asking);
  stopped.unlink();
  return slots.waitMs !== null && stopped.signal.aborted ? 'stopped' : slots;
}

async function takeBoth(
  { slots, callers, clock }: Deps,
  { deployment, caller, cameFrom }: Wanted,
  { attempts, place }: GroupProgress,
  asking: Omit<Asking, 'place'>,
): Promise<Slot | NoSlots> {
  const askingIn = (line: string): Asking => ({ ...asking, place: place?.line === line ? place : undefined });
  const comesBack = ({ waitMs, sinceMs }: Turn, line: string, what: string): NoSlots => {
    return { waitMs, what, place: { line, deployment: deployment.id, sinceMs, dueMs: clock.now() + waitMs } };
  };
  const key = `key ${caller?.id}`;
  const isFirst = cameFrom === undefined && attempts === 0;
  const own = caller && (await callers.take(caller.id, limitsOf(caller, isFirst), askingIn(key)));
  if (own !== undefined && own.waitMs !== null) {
    return comesBack(own, key, `a slot of ${key} (rpm_limit, max_parallel_requests)`);
  }
  const line = configuredId(deployment);
  const slot = await slots.take(line, askingIn(line));
  if (slot.waitMs === null) {
    const all = own === undefined ? [slot] : [slot, own];
    return {
      waitMs: null,
      release: () => all.forEach(({ release }) => release()),
      giveBack: () => all.forEach(({ giveBack }) => giveBack()),
    };
  }
  own?.giveBack();
  return comesBack(slot, line, `a slot of ${deployment.id} (rpm, max_parallel_requests)`);
}

/** A row is a request of its caller's, whatever its retries: they count for those at the same time only. */
function limitsOf({ rpmLimit, maxParallelRequests }: RowCaller, isFirst: boolean): RequestLimits {
  return { rpm: isFirst ? rpmLimit : undefined, maxParallelRequests };
}
