import { holdText, looksAgainMs } from '../core/deployments/hold.js';
import { earliestReturn, pickDeployment, withAskedToWait, type Cooling } from '../core/deployments/pick-deployment.js';
import type { Failure } from '../core/errors/classify.js';
import { canFallBack, type WalkOutlook } from '../core/fallbacks/fallback-walk.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { ALL_COOLING } from '../core/retries/decide.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { GroupAttemptDeps, Wait } from './attempt-context.js';
import { allCooling, groupHeld } from './to-failure.js';

/** Whom an attempt is to ask, or what is done in its place. */
export type Choice =
  /** @param returnMs - when it returns, ms since the epoch, where all are away and it has a line; null: one is there */
  | { readonly type: 'ask'; readonly id: string | null; readonly returnMs: number | null }
  /** Where there is no time for the wait, the group ends with the failure. */
  | { readonly type: 'wait'; readonly wait: Wait; readonly failure: Failure; readonly hold?: string }
  | { readonly type: 'give up'; readonly failure: Failure; readonly reason: string; readonly hold?: string };

type Deps = Pick<GroupAttemptDeps, 'board' | 'cooldowns' | 'slots' | 'random'>;

/** A group whose deployments may be asked. */
interface OfGroup {
  readonly group: string;
  readonly deployments: readonly DeploymentPlan[];
  readonly walk: WalkOutlook;
  readonly progress: GroupProgress;
}

/** Which deployments are away, and until when: they cool, are probed, are held, or asked this call to stay away. */
export function awayNow(
  { board, cooldowns }: Pick<Deps, 'board' | 'cooldowns'>,
  deployments: readonly DeploymentPlan[],
  progress: GroupProgress,
  nowMs: number,
): Cooling {
  const ids = deployments.map(({ id }) => id);
  const held = ids.flatMap((id): [string, number][] => {
    const hold = board.holdOf(id);
    return hold === undefined ? [] : [[id, nowMs + looksAgainMs(hold, nowMs)]];
  });
  return withAskedToWait(new Map([...cooldowns.returns(ids), ...held]), progress, nowMs);
}

export function whomToAsk(deps: Deps, of: OfGroup, nowMs: number): Choice {
  const { deployments, progress } = of;
  const held = waitForRelease(deps, of, nowMs);
  if (held !== null) return held;
  if (progress.standby !== null) return { type: 'ask', id: progress.standby, returnMs: null };
  // Read once: a deployment that begins to cool meanwhile must not be one thing here and another there.
  const away = awayNow(deps, deployments, progress, nowMs);
  const returnMs = earliestReturn(deployments, away);
  if (returnMs > nowMs) return firstBack(deps, of, { away, returnMs, nowMs });
  return { type: 'ask', id: pickOf(deps, deployments, progress, away)?.id ?? null, returnMs: null };
}

export function pickOf(
  { slots, random }: Pick<Deps, 'slots' | 'random'>,
  deployments: readonly DeploymentPlan[],
  { failedDeployments: failed, place }: GroupProgress,
  cooling: Cooling,
): DeploymentPlan | null {
  const busy = deployments.map(({ id }) => id).filter((id) => slots.isBusy(id));
  return pickDeployment({ deployments, failed, cooling, busy, waitedFor: place?.deployment, random });
}

/** Where all deployments are away: another group is asked, or the call waits for the first that is back. */
function firstBack(
  { cooldowns }: Deps,
  { group, deployments, walk, progress }: OfGroup,
  { away, returnMs, nowMs }: { readonly away: Cooling; readonly returnMs: number; readonly nowMs: number },
): Choice {
  const failure = progress.decided?.failure ?? allCooling(group, returnMs, nowMs);
  if (canFallBack(walk, failure.kind)) return { type: 'give up', failure, reason: ALL_COOLING };
  const first = deployments.find(({ id }) => away.get(id) === returnMs)?.id ?? null;
  // One that asked this call alone to stay away has no line.
  return first !== null && cooldowns.returns([first]).has(first)
    ? { type: 'ask', id: first, returnMs }
    : { type: 'wait', wait: untilReturn(group, returnMs - nowMs), failure };
}

/** The wait for the first deployment that is back. */
export function untilReturn(group: string, waitMs: number): Wait {
  return { waitMs, what: `a deployment of ${group}: all are cooling down`, reason: 'cooldown' };
}

/** Where all deployments are held: another group is asked, if the hold says so, or the call waits for the release. */
function waitForRelease(
  { board, random }: Deps,
  { deployments, walk, progress }: OfGroup,
  nowMs: number,
): Choice | null {
  const holds = deployments.map(({ id }) => board.holdOf(id));
  const [first] = holds;
  if (first === undefined || holds.includes(undefined)) return null;
  const hold = holdText(first);
  const failure = progress.decided?.failure ?? groupHeld(first);
  if (first.diverts && canFallBack(walk, failure.kind)) return { type: 'give up', failure, reason: hold, hold };
  // Calls that came together do not come back together.
  const waitMs = looksAgainMs(first, nowMs) * (0.5 + random() / 2);
  const wait: Wait = { waitMs, what: `the release: ${hold}`, reason: 'hold' };
  return { type: 'wait', wait, failure, hold };
}
