import { holdText } from '../core/deployments/hold.js';
import type { Failure } from '../core/errors/classify.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { Slot } from '../providers/limiter.js';
import type { AttemptContext, GroupAttemptDeps, GroupWork, Wait } from './attempt-context.js';
import { askedOf, type KnownDeployments } from './known-deployments.js';
import type { Lease } from './lease.js';
import { takeSlots, type NoSlots } from './take-slots.js';
import { allCooling, groupHeld, noSlot, timedOut } from './to-failure.js';
import { awayNow, untilReturn } from './whom-to-ask.js';

/** Whom an attempt may ask when its turn has come. */
interface Wanted {
  readonly deployment: DeploymentPlan;
  /** When it returns, if all are away. */
  readonly returnMs: number | null;
  /** Whether the attempt is still this worker's. */
  readonly lease: Pick<Lease, 'held'>;
}

/** The attempt cannot be made now. Where there is no time for the wait, the group ends with the failure. */
interface NotNow {
  readonly wait: Wait;
  readonly failure: Failure;
}

type Context = Pick<AttemptContext, 'info' | 'cancellationSignal' | 'heartbeat'>;

/** What all workers know of the deployments; null: it is known here. */
export function hearOf(
  { board, config }: GroupAttemptDeps,
  { operation, plan, deadlineMs }: GroupWork,
  known: KnownDeployments,
  { cancellationSignal }: Context,
): Promise<void> | null {
  const call = { group: plan.group, operation, secrets: config.secrets };
  const asked = known.map((each) => askedOf(each, call));
  return board.word(asked, { deadlineMs, signal: cancellationSignal });
}

/** Takes the slots of an attempt, which may be the probe of its deployment; or it is stopped from outside meanwhile. */
export async function takeTurn(
  deps: GroupAttemptDeps,
  work: GroupWork,
  { deployment, returnMs, lease }: Wanted,
  progress: GroupProgress,
  context: Context,
): Promise<Slot | NotNow | 'stopped'> {
  const { cooldowns, clock } = deps;
  const isProbe = cooldowns.probes(deployment);
  // A standby has its one attempt without a wait.
  const waitsForReturn = !isProbe && progress.standby === null;
  const slots = await takeSlots(deps, { ...work, deployment, waitsForReturn }, progress, context, lease);
  const nowMs = clock.now();
  const isAway = returnMs !== null && awayNow(deps, [deployment], progress, nowMs).has(deployment.id);
  const hold = deps.board.holdOf(deployment.id);
  const isLate = nowMs >= (work.deadlineMs ?? Infinity);
  if (slots !== 'stopped' && slots.waitMs === null && !isAway && hold === undefined && !isLate) return slots;
  if (isProbe) cooldowns.interrupted(deployment);
  if (slots === 'stopped') return slots;
  const { group } = work.plan;
  if (slots.waitMs !== null) return turnOf(slots, group, progress.askedToWait?.[deployment.id] ?? 0, nowMs);
  slots.giveBack();
  if (isLate) {
    const wait: Wait = { waitMs: 0, what: `its turn at ${deployment.id}`, reason: 'limit' };
    return { wait, failure: timedOut({ limitMs: 0, scope: 'deadline' }, nowMs) };
  }
  // It began while the call stood in the line. Whoever comes back is told whom to ask instead, or how long to wait.
  if (hold !== undefined) {
    return { wait: { waitMs: 1, what: holdText(hold), reason: 'hold' }, failure: groupHeld(hold) };
  }
  const untilMs = returnMs ?? nowMs;
  return { wait: untilReturn(group, untilMs - nowMs), failure: allCooling(group, untilMs, nowMs) };
}

/** The call comes back when its turn comes in a line; where it is asked to stay away for longer, after that. */
function turnOf(slots: NoSlots, group: string, askedToWaitMs: number, nowMs: number): NotNow {
  const waitMs = Math.max(slots.waitMs, askedToWaitMs - nowMs);
  const failure = slots.reason === 'limit' ? noSlot(slots.what) : allCooling(group, nowMs + waitMs, nowMs);
  return { wait: { ...slots, waitMs }, failure };
}
