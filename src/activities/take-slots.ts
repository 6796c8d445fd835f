import type { RowCaller } from '../core/call/row-source.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { configuredId } from '../core/plan/wildcards.js';
import type { RequestLimits, Slot } from '../providers/limiter.js';
import type { GroupAttemptDeps } from './attempt-context.js';

/** A slot that is not free, and when to ask for it again. */
interface NoSlots {
  readonly waitMs: number;
  readonly what: string;
}

interface Wanted {
  readonly deployment: DeploymentPlan;
  /** Who started the batch that a row is of, where that is limited. */
  readonly caller: RowCaller | undefined;
  /** Whether the call was never before at a provider. */
  readonly isFirst: boolean;
}

/** Takes the slots of an attempt, which are one from then on: that of the caller, for a row, and that of the deployment. */
export async function takeSlots(
  { slots, callers }: Pick<GroupAttemptDeps, 'slots' | 'callers'>,
  { deployment, caller, isFirst }: Wanted,
): Promise<Slot | NoSlots> {
  const own = caller && (await callers.take(caller.id, limitsOf(caller, isFirst)));
  if (own !== undefined && own.waitMs !== null) {
    return { waitMs: own.waitMs, what: `a slot of key ${caller?.id} (rpm_limit, max_parallel_requests)` };
  }
  const slot = await slots.take(configuredId(deployment));
  if (slot.waitMs === null) {
    const all = own === undefined ? [slot] : [slot, own];
    return {
      waitMs: null,
      release: () => all.forEach(({ release }) => release()),
      giveBack: () => all.forEach(({ giveBack }) => giveBack()),
    };
  }
  own?.giveBack();
  return { waitMs: slot.waitMs, what: `a slot of ${deployment.id} (rpm, max_parallel_requests)` };
}

/** A row is a request of its caller's, whatever its retries: they count for those at the same time only. */
function limitsOf({ rpmLimit, maxParallelRequests }: RowCaller, isFirst: boolean): RequestLimits {
  return { rpm: isFirst ? rpmLimit : undefined, maxParallelRequests };
}
