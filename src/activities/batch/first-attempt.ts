import { ApplicationFailure } from '@temporalio/common';
import type { Clock } from '../../clock.js';
import type { BatchRow } from '../../batch/index.js';
import type { CallResult } from '../../core/call/call-types.js';
import { DEFAULT_MAX_PAYLOAD_BYTES } from '../../core/common/limits.js';
import { firstGroupInput } from '../../core/call/first-task.js';
import type { RowCaller } from '../../core/call/row-source.js';
import { forAnotherActivity, type GroupProgress } from '../../core/retries/progress.js';
import { reportOf, startHistory, withGroup } from '../../core/call/report.js';
import type { AttemptContext, GroupAttemptDeps } from '../attempt-context.js';
import { GroupAttempt } from '../group-attempt.js';
import type { Lease } from '../lease.js';
import { WAITING } from '../to-failure.js';
import { RowPlans } from './row-plans.js';

/** How the first attempt at a row ended. */
type FirstAttemptEnd =
  /** @property release - gives back the memory of the answer, once it is written */
  | { readonly type: 'answered'; readonly result: CallResult; readonly release: () => void }
  /** The row goes on as a call of its own. */
  | { readonly type: 'attempted'; readonly progress: GroupProgress }
  /** This worker has no plan for the row: a call of its own says why. */
  | { readonly type: 'unplanned' }
  /** Stopped by us: as if it had not been begun. */
  | { readonly type: 'interrupted' };

/** What a first attempt knows of the activity that it shares with others. */
interface SharedContext {
  readonly workflowExecution: AttemptContext['info']['workflowExecution'];
  readonly priority: AttemptContext['info']['priority'];
  /** That of the activity. */
  readonly lease: Pick<Lease, 'held'>;
  /** Whose row it is. */
  readonly caller: RowCaller | undefined;
  /** Aborts requests in flight. */
  readonly abort: AbortSignal;
  /** Ends waits before a request; those in flight go on. */
  readonly stop: AbortSignal;
}

export type FirstAttempt = (row: BatchRow, shared: SharedContext) => Promise<FirstAttemptEnd>;

/**
 * Makes the function that makes the first attempt at a row, as the call's own first activity would have: under the same
 * plan, deployments, cooldowns and decision. Waits for a slot are spent here: a batch has nothing better to do.
 */
export function createFirstAttempt(deps: GroupAttemptDeps): FirstAttempt {
  // A trace with a span for each of a million rows is of no use to anybody: the chunk has one.
  const ofRows = { ...deps, traces: undefined };
  const plans = new RowPlans();
  return async (row, shared) => {
    const { operation, request } = row;
    const { caller } = shared;
    const planned = plans.of(deps.config.routing, row, caller?.ceilings);
    if (!('plan' in planned)) return { type: 'unplanned' };
    const { plan } = planned;
    let first: GroupProgress | undefined;
    for (;;) {
      // The time of a row begins with its first attempt.
      const nowMs = deps.clock.now();
      const { body, ...work } = firstGroupInput({ operation, request }, plan, { startedMs: nowMs, nowMs });
      const memory = deps.rowMemory.open();
      const asked = {
        ...work,
        body: body ?? {},
        caller,
        maxAnswerBytes: DEFAULT_MAX_PAYLOAD_BYTES,
        memory,
        ...(first && { first }),
      };
      const attempt = new GroupAttempt(ofRows, asked, contextFor(shared), shared.lease);
      try {
        const target = await attempt.prepare();
        const outcome = await attempt.ask(target);
        if (outcome.facts === null) {
          const { response, ended } = attempt.answered(outcome, target);
          const history = withGroup(startHistory(plan, deps.clock.now()), ended);
          const result = { response, report: reportOf(plan, history, 0) };
          return { type: 'answered', result, release: () => memory.release() };
        }
        memory.release();
        attempt.failed(outcome.facts, target);
        return { type: 'attempted', progress: forAnotherActivity(attempt.soFar) };
      } catch (error) {
        memory.release();
        if (shared.abort.aborted || deps.drained.aborted) return { type: 'interrupted' };
        const waitMs = waitOf(error);
        if (waitMs === null && attempt.soFar.decided === null) throw error;
        if (waitMs === null) return { type: 'attempted', progress: forAnotherActivity(attempt.soFar) };
        if (await stoppedWithin(deps.clock, waitMs, shared.stop)) return { type: 'interrupted' };
        first = forAnotherActivity(attempt.soFar);
      }
    }
  };
}

function contextFor({ workflowExecution, priority, abort }: SharedContext): AttemptContext {
  return {
    info: {
      attempt: 1,
      heartbeatDetails: undefined,
      ...(workflowExecution && { workflowExecution }),
      ...(priority && { priority }),
    },
    heartbeat: () => {},
    cancellationSignal: abort,
    cancellationDetails: undefined,
  };
}

/** How long the attempt is put off; null for any other error. */
function waitOf(error: unknown): number | null {
  if (!(error instanceof ApplicationFailure) || error.type !== WAITING) return null;
  return Number(error.nextRetryDelay ?? 0);
}

async function stoppedWithin(clock: Pick<Clock, 'sleep'>, ms: number, stop: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, { signal: stop }).then(
    () => false,
    () => true,
  );
}
