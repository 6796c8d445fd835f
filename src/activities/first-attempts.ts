import { Context } from '@temporalio/activity';
import { settlesWithin } from '../clock.js';
import type { FirstAttemptEnd, FirstTaskInput } from '../core/call/call-types.js';
import { firstGroupInput, lostFirstAttempt } from '../core/call/first-task.js';
import { bytesOver, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { groupOf } from '../core/fallbacks/fallback-walk.js';
import type { CallPlan } from '../core/plan/call-plan.js';
import { forAnotherActivity, type GroupProgress } from '../core/retries/progress.js';
import type { GroupAttemptDeps } from './attempt-context.js';
import { AttemptInFlight, type AttemptEnd } from './attempt-in-flight.js';
import type { HandOvers } from './hand-overs.js';

/** So long an attempt may be in a first workflow task. At 8 s the SDK would begin to ask for more time, again and again. */
const HOLD_MS = 2_500;
/** A worker that stops cannot go on with an attempt in an activity: there it may be so much longer. */
const HOLD_WHILE_STOPPING_MS = 3_500;

/** By then a first workflow task has timed out: whoever has it next leaves the attempt to the activity. */
const TASK_TIMEOUT_MS = 10_000;

/** A first workflow task with an attempt has one of the worker's hundred slots for them. */
const MAX_AT_ONCE = 50;

export interface FirstAttemptsDeps extends GroupAttemptDeps {
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** So long an attempt may be in a first workflow task. @default 2.5 s */
  readonly holdMs?: number | undefined;
}

/** Makes first attempts of calls in their first workflow tasks. One that lasts goes on in the activity of its group. */
export class FirstAttempts {
  readonly #deps: FirstAttemptsDeps;
  readonly #handOvers: HandOvers;
  #underWay = 0;

  constructor(deps: FirstAttemptsDeps, handOvers: HandOvers) {
    this.#deps = deps;
    this.#handOvers = handOvers;
  }

  /**
   * Makes the first attempt of a call, within the local activity that resolved its plan.
   * @returns null where the activity of the group makes it
   */
  async make(input: FirstTaskInput, plan: CallPlan): Promise<FirstAttemptEnd | null> {
    const { workflowExecution: run } = Context.current().info;
    if (run === undefined || this.#deps.config.gateway.firstAttempt === 'activity') return null;
    const { workflowId, runId } = run;
    const { stream, startedMs, isRepeated, priority } = input;
    // Parts of a stream are signals of the workflow, which it could not take before its first task ends.
    const isStreamed = stream !== undefined;
    if (isRepeated && !isStreamed) {
      return left(this.#before(runId) ?? lostFirstAttempt(groupOf(plan, plan.first), startedMs));
    }
    if (isStreamed || !this.#hasRoom) {
      this.#handOvers.expect(runId, null);
      return null;
    }
    const work = firstGroupInput(input, plan, { startedMs, nowMs: this.#deps.clock.now() });
    const started = Promise.resolve();
    const attempt = new AttemptInFlight(this.#deps, work, {
      callId: workflowId,
      priority,
      runId: () => runId,
      started,
    });
    this.#underWay += 1;
    try {
      return await this.#endOf(attempt, runId);
    } finally {
      this.#underWay -= 1;
    }
  }

  get #hasRoom(): boolean {
    return this.#underWay < MAX_AT_ONCE && this.#handOvers.areSure && !this.#deps.stopping.aborted;
  }

  /** What the task before this one left, whose answer did not reach the server. */
  #before(runId: string): GroupProgress | null {
    const attempt = this.#handOvers.waiting(runId);
    if (attempt === null) return null;
    this.#handOvers.expect(runId, attempt);
    return attempt.begun;
  }

  async #endOf(attempt: AttemptInFlight, runId: string): Promise<FirstAttemptEnd> {
    const end = await this.#heldEnd(attempt);
    if (end?.type === 'not answered') return left(forAnotherActivity(attempt.progress));
    // The answer is in the task's end twice: as that of the attempt, and as the call's.
    const isSmall = end?.type === 'answered' && bytesOver([end.output.response], MAX_PAYLOAD_BYTES / 2) === null;
    if (isSmall) return end;
    this.#handOvers.expect(runId, attempt);
    return left(attempt.begun);
  }

  /** The end of the attempt; null: it lasts. */
  async #heldEnd(attempt: AttemptInFlight): Promise<AttemptEnd | null> {
    const { clock, stopping, holdMs = HOLD_MS } = this.#deps;
    const timedOutMs = clock.now() + TASK_TIMEOUT_MS;
    if (await settlesWithin(clock, attempt.end, holdMs)) return attempt.end;
    // This process was frozen meanwhile.
    if (!attempt.hasAsked && clock.now() >= timedOutMs) {
      attempt.stop({ notFound: true });
      return attempt.end;
    }
    if (!stopping.aborted) return null;
    await settlesWithin(clock, attempt.end, HOLD_WHILE_STOPPING_MS);
    attempt.stop({ workerShutdown: true });
    return attempt.end;
  }
}

function left(progress: GroupProgress): FirstAttemptEnd {
  return { type: 'left', progress };
}
