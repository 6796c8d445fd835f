import type { GroupAttemptDeps } from '../activities/attempt-context.js';
import type { Clock } from '../clock.js';
import { callError } from '../client/errors.js';
import type { DrivenCall } from '../client/first-task-driver.js';
import { firstAttemptLine, type CallInspection } from '../client/inspect-call.js';
import type { CallResult } from '../core/call/call-types.js';
import { groupOf } from '../core/fallbacks/fallback-walk.js';
import { requestLine } from '../core/plan/request.js';
import { forAnotherActivity } from '../core/retries/progress.js';
import { AttemptInFlight } from '../activities/attempt-in-flight.js';
import { priorityOf, resultOf, type Drive } from './drive.js';

/** A call that is no workflow while its first attempt may answer. One that fails, or is interrupted, is carried into it. */
export class CallAlone implements DrivenCall {
  readonly started: Promise<string>;
  readonly answer: Promise<CallResult | null>;
  readonly #drive: Drive;
  readonly #startedAt: Date;
  readonly #clock: Clock;
  readonly #attempt: AttemptInFlight;
  /** Settles when the server knows the call, if it ever will: nothing is to be done here any more. Never rejects. */
  readonly #over: Promise<void>;
  #isStopped = false;

  constructor(attempts: GroupAttemptDeps, drive: Drive) {
    const { callId, owner } = drive.call;
    this.#drive = drive;
    this.#clock = attempts.clock;
    this.#startedAt = new Date(attempts.clock.now());
    this.started = Promise.resolve(callId);
    const run = { callId, priority: priorityOf(owner), runId: () => callId, started: this.started };
    this.#attempt = new AttemptInFlight(attempts, drive.work, run);
    this.answer = this.#goOn();
    this.#over = this.answer.then(
      () => undefined,
      () => undefined,
    );
  }

  async stop(): Promise<boolean> {
    if (!this.#attempt.isOver) {
      this.#isStopped = true;
      this.#attempt.stop({ cancelRequested: true });
    }
    await this.#over;
    return this.#isStopped;
  }

  async inspect(): Promise<CallInspection | null> {
    if (!this.#attempt.isOver) return this.#inspection();
    await this.#over;
    return null;
  }

  async #goOn(): Promise<CallResult | null> {
    const { call, plan } = this.#drive;
    const { callId, input } = call;
    const end = await this.#attempt.end;
    if (end.type === 'answered') return resultOf(plan, end.output, this.#clock.now());
    const { progress } = this.#attempt;
    if (this.#isStopped) {
      const message = `call ${callId} was cancelled`;
      throw callError({ kind: 'CancelledError', message, callId, ledger: progress.ledger });
    }
    const stream = input.stream && { stream: { ...input.stream, runId: callId } };
    await call.start({ ...input, ...stream, plan, first: forAnotherActivity(progress) }, groupOf(plan, plan.first));
    return null;
  }

  #inspection(): CallInspection {
    const { callId, owner, input } = this.#drive.call;
    const { group, ledger } = this.#attempt.progress;
    return {
      callId,
      owner: owner ?? null,
      runId: callId,
      state: 'running',
      startedAt: this.#startedAt,
      closedAt: null,
      summary: requestLine(input.operation, input.request),
      group,
      beginsAt: null,
      workflowPause: null,
      stoppedBy: null,
      pending: null,
      ledger,
      now: firstAttemptLine(group),
      report: null,
    };
  }
}
