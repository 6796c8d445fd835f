import { expectedTokens } from '../core/deployments/expected-tokens.js';
import type { RequestLimits } from '../core/deployments/line.js';
import type { PlaceInLine } from '../core/deployments/place-in-line.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { configuredId } from '../core/plan/wildcards.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { Asking, Slot, Turn } from '../providers/limiter.js';
import { lineOfReturn } from '../providers/shared-board.js';
import type { AttemptContext, GroupAttemptDeps, GroupWork } from './attempt-context.js';
import { startHeartbeats } from './heartbeat.js';
import type { Lease } from './lease.js';
import { linkSignals } from './linked-signal.js';

/** What is waited for in a line. */
type WaitForLine = 'limit' | 'cooldown';

/** A slot that is not free, and when its turn comes. */
export interface NoSlots {
  readonly waitMs: number;
  readonly what: string;
  readonly reason: WaitForLine;
  readonly place: PlaceInLine;
}

interface Wanted extends Pick<GroupWork, 'operation' | 'body' | 'caller' | 'cameFrom' | 'deadlineMs'> {
  readonly deployment: DeploymentPlan;
  /** Whether it waits for the return of a deployment that has failed. */
  readonly waitsForReturn: boolean;
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
  // What was told in the first workflow task is told again in the first attempt of the activity, which comes at once.
  const isNew = info.attempt === 1;
  const take = () =>
    takeAll(linesOf(deps, wanted, progress), wanted.deployment, asking, { place, isNew, nowMs: deps.clock.now });
  let slots = await take();
  // A turn of before a freeze is over: the limits have counted a request for then that would be made now.
  while (slots.waitMs === null && !stopped.signal.aborted && !(await lease.held(stopped.signal))) {
    slots.giveBack();
    slots = await take();
  }
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
  /** @default a limit */
  readonly reason?: WaitForLine;
  /** Null: there is no such line now. */
  readonly take: (asking: Asking) => Promise<Slot | Turn> | null;
}

async function takeAll(
  lines: readonly LineToPass[],
  deployment: DeploymentPlan,
  asking: Omit<Asking, 'place'>,
  { place, isNew, nowMs }: { place: PlaceInLine | undefined; isNew: boolean; nowMs: () => number },
): Promise<Slot | NoSlots> {
  const taken: Slot[] = [];
  for (const { line, what, reason = 'limit', take } of lines) {
    const taking = take({ ...asking, place: place?.line === line ? { ...place, isNew } : undefined });
    if (taking === null) continue;
    const slot = await taking;
    if (slot.waitMs !== null) {
      taken.forEach(({ giveBack }) => giveBack());
      const { waitMs, sinceMs } = slot;
      return { waitMs, what, reason, place: { line, deployment: deployment.id, sinceMs, dueMs: nowMs() + waitMs } };
    }
    taken.push(slot);
  }
  return {
    waitMs: null,
    release: (tokens) => taken.forEach(({ release }) => release(tokens)),
    giveBack: () => taken.forEach(({ giveBack }) => giveBack()),
  };
}

/** Those of the caller of a row, and those of the deployment. */
function linesOf(
  { slots, callers }: Deps,
  { deployment, waitsForReturn, caller, cameFrom, operation, body }: Wanted,
  { attempts }: GroupProgress,
): LineToPass[] {
  const line = configuredId(deployment);
  const own: LineToPass = {
    line,
    what: `a slot of ${deployment.id} (rpm, tpm, max_parallel_requests)`,
    take: (asking) => slots.take(line, asking, () => expectedTokens(operation, body)),
  };
  const { id: name } = deployment;
  const ofReturn: LineToPass = {
    line: lineOfReturn(name),
    what: `the return of ${name}: calls come back one by one`,
    reason: 'cooldown',
    take: (asking) => slots.takeReturn(name, asking),
  };
  const ofDeployment = waitsForReturn ? [ofReturn, own] : [own];
  if (caller === undefined) return ofDeployment;
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
    ...ofDeployment,
  ];
}
