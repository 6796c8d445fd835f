import type { Clock } from '../clock.js';
import type { GroupAttemptDeps } from '../activities/attempt-context.js';
import { drainedSignal } from '../activities/drained-signal.js';
import { planOfRequest } from '../activities/plan-of-request.js';
import type { CallToDrive, DrivenCall, FirstTaskDriver } from '../client/first-task-driver.js';
import { firstGroupInput } from '../core/call/first-task.js';
import type { CallResult, LlmCallInput } from '../core/call/call-types.js';
import { bytesOver, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { groupOf } from '../core/fallbacks/fallback-walk.js';
import { requestLine } from '../core/plan/request.js';
import { forAnotherActivity } from '../core/retries/progress.js';
import { connectToTemporal } from '../temporal/connect.js';
import type { TemporalSettings } from '../temporal/settings.js';
import type { Traces } from '../traces/traces.js';
import { AttemptInFlight, type AttemptRun } from '../activities/attempt-in-flight.js';
import { CallAlone } from './call-alone.js';
import { priorityOf, resultOf, type Drive } from './drive.js';
import { EagerStarts, type FirstTask } from './eager-starts.js';
import { finishAsActivity } from './finish-as-activity.js';
import { FirstTaskAnswers, type TaskOfCall } from './first-task-answers.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import { heldBack } from './held-back-streams.js';

export interface DriverDeps {
  readonly settings: TemporalSettings;
  /** What the worker in this process makes attempts with. */
  readonly attempts: GroupAttemptDeps & { readonly streams: StreamTransport };
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** How long attempts in flight may go on then. */
  readonly drainMs: number;
  /** So long a call may be in its first workflow task, which times out after 10 s. @default 4 s */
  readonly holdMs?: number | undefined;
  /** @default calls are not traced */
  readonly traces?: Pick<Traces, 'clientInterceptors' | 'headers'> | undefined;
}

/** Starts calls, and is given their first tasks. */
type Starts = Pick<EagerStarts, 'client' | 'take'>;

const HOLD_MS = 4_000;

/**
 * Makes the first attempts of calls in the process that starts them, beside their first workflow tasks: an answer ends
 * the call with its first task, whatever else happens is left to the activity of the group. Only histories come of it that
 * the workflow's own code replays.
 */
export class ProcessDriver implements FirstTaskDriver {
  readonly #deps: DriverDeps;
  readonly #starts: Starts;
  readonly #answers: FirstTaskAnswers;
  readonly #close: () => Promise<void>;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Whether the server gives first tasks: it gave that of the last call. */
  #isGivenTasks = false;

  constructor(deps: DriverDeps, starts: Starts, close: () => Promise<void>) {
    const { attempts, stopping, drainMs } = deps;
    const drained = drainedSignal({ ...attempts, stopping, drainMs });
    this.#deps = { ...deps, attempts: { ...attempts, drained } };
    this.#starts = starts;
    this.#answers = new FirstTaskAnswers(starts.client, deps.traces);
    this.#close = close;
  }

  /** Connects on its own: a worker's connection gives first tasks to the worker only. */
  static async open(deps: DriverDeps): Promise<ProcessDriver> {
    const temporal = await connectToTemporal(deps.settings);
    const { settings, attempts, traces } = deps;
    const starts = new EagerStarts(temporal.connection, settings, traces?.clientInterceptors, attempts.clock);
    return new ProcessDriver(deps, starts, () => temporal.close());
  }

  get #clock(): Clock {
    return this.#deps.attempts.clock;
  }

  drive(call: CallToDrive): DrivenCall | null {
    if (this.#deps.stopping.aborted) return null;
    const planned = this.#planned(call.input);
    // Its workflow tells of its end: an answer here would end it before.
    if (planned === null || planned.plan.webhooks?.['call.ended'] !== undefined) return null;
    const { plan, isLarge } = planned;
    const nowMs = this.#clock.now();
    const drive: Drive = { call, plan, isLarge, work: firstGroupInput(call.input, plan, { startedMs: nowMs, nowMs }) };
    // A second request with the key must find the first.
    const isAlone = call.durability === 'on-failure' && !call.isKeyed;
    return isAlone ? this.#beginAlone(drive) : this.#beginStarted(drive);
  }

  /** Ends when no attempt is under way; those that last are stopped after the drain, for another process to go on with. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#close();
  }

  /** The plan by this process's config; null: the workflow has it resolved, and says what is wrong. */
  #planned(input: LlmCallInput): Pick<Drive, 'plan' | 'isLarge'> | null {
    const resolved = planOfRequest(this.#deps.attempts.config.routing, input);
    if (!('plan' in resolved)) return null;
    const { plan } = resolved;
    const bytes = bytesOver([input.request, plan], MAX_PAYLOAD_BYTES / 2);
    if (bytes === null) return { plan, isLarge: false };
    // The request is in the history twice, whole and as the body of the group, if it does not go to external storage.
    const { leastBytes = Infinity, maxPayloadBytes = 0 } = this.#deps.settings.externalStorage ?? {};
    return bytes >= leastBytes && bytes <= maxPayloadBytes ? { plan, isLarge: true } : null;
  }

  /** The first attempt beside the start of the workflow. */
  #beginStarted(drive: Drive): DrivenCall {
    const { call, plan } = drive;
    const started = call.start({ ...call.input, plan }, groupOf(plan, plan.first), this.#starts.client);
    const answer = this.#track(this.#bringToEnd(drive, started).catch(() => null));
    return { started, answer, stop: async () => false, inspect: async () => null };
  }

  #beginAlone(drive: Drive): DrivenCall {
    const alone = new CallAlone(this.#deps.attempts, drive);
    void this.#track(alone.answer);
    return alone;
  }

  /** What is under way when the process stops is waited for. */
  #track(answer: Promise<CallResult | null>): Promise<CallResult | null> {
    const over = answer.then(
      () => void this.#underWay.delete(over),
      () => void this.#underWay.delete(over),
    );
    this.#underWay.add(over);
    return answer;
  }

  async #bringToEnd({ call, plan, isLarge, work }: Drive, started: Promise<string | null>): Promise<CallResult | null> {
    const { attempts, holdMs = HOLD_MS } = this.#deps;
    const given = started.then((runId) => this.#firstTask(runId));
    // Others may have it already, or will make an attempt of their own; and what is large may find no room in the storage.
    if ((call.isKeyed || isLarge || !this.#isGivenTasks) && (await given) === null) return null;
    const streams = heldBack(attempts.streams, started);
    const attempt = new AttemptInFlight({ ...attempts, streams }, work, runOf(call, started));
    const cancelled = attempts.running.begin(call.callId);
    try {
      const task = await given;
      if (task === null) return null;
      const { token, sentMs } = task;
      const own = { token, callId: call.callId };
      const end = await Promise.race([attempt.end, held(this.#clock, sentMs + holdMs, cancelled.signal)]);
      if (end === null) await this.#handOver(own, attempt, { call, work }, cancelled.signal);
      else if (end.type === 'answered') return await this.#answer(own, resultOf(plan, end.output, this.#clock.now()));
      else await this.#leaveToActivity(own, attempt, { call, work });
      return null;
    } finally {
      cancelled.end();
      // Whoever goes on makes an attempt of its own.
      attempt.stop({ notFound: true });
    }
  }

  /** Null: the call is there already, or the server gave its task to a worker. */
  #firstTask(runId: string | null): FirstTask | null {
    if (runId === null) return null;
    const task = this.#starts.take(runId);
    this.#isGivenTasks = task !== null;
    return task;
  }

  async #answer(task: TaskOfCall, result: CallResult): Promise<CallResult> {
    await this.#answers.complete(task, result);
    return result;
  }

  /** The activity delivers what was decided of the attempt, and goes on. */
  async #leaveToActivity(
    task: TaskOfCall,
    attempt: AttemptInFlight,
    { call, work }: Pick<Drive, 'call' | 'work'>,
  ): Promise<void> {
    const input = { ...work, first: forAnotherActivity(attempt.progress) };
    await this.#answers.schedule(task, { ...this.#activity(call), input, eager: false });
  }

  /**
   * The attempt lasts, or hears of its cancellation as activities do: it goes on as an activity of this process. The activity's
   * input tells of it, in case it does not.
   */
  async #handOver(
    task: TaskOfCall,
    attempt: AttemptInFlight,
    { call, work }: Pick<Drive, 'call' | 'work'>,
    cancelled: AbortSignal,
  ): Promise<void> {
    const input = { ...work, first: attempt.progress };
    const activity = await this.#answers.schedule(task, { ...this.#activity(call), input, eager: true });
    if (!activity?.taskToken) return;
    await finishAsActivity(
      { activities: this.#starts.client.activity, clock: this.#clock, namespace: this.#deps.settings.namespace },
      { token: activity.taskToken, callId: call.callId },
      attempt,
      cancelled,
    );
  }

  #activity({ input: { operation, request } }: CallToDrive): { taskQueue: string; line: string; nowMs: number } {
    return {
      taskQueue: this.#deps.settings.taskQueue,
      line: requestLine(operation, request),
      nowMs: this.#clock.now(),
    };
  }
}

function runOf({ callId, owner }: CallToDrive, started: Promise<string | null>): AttemptRun {
  let runId = '';
  const known = started.then(
    (id) => void (runId = id ?? ''),
    () => undefined,
  );
  return { callId, priority: priorityOf(owner), runId: () => runId, started: known };
}

/** Ends when a call has been in its first task for long enough, or at once when it is cancelled. */
async function held(clock: Clock, untilMs: number, cancelled: AbortSignal): Promise<null> {
  const leftMs = Math.max(0, untilMs - clock.now());
  await clock.sleep(leftMs, { ref: false, signal: cancelled }).catch(() => undefined);
  return null;
}
