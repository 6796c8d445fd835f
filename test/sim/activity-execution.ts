import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  type Priority,
  type RetryState,
  type TimeoutType,
} from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { GroupState } from '../../src/core/call/call-actions.js';
import { json } from './json.js';
import { Timer, type VirtualTime } from './virtual-time.js';

export interface Scheduled {
  readonly name: string;
  readonly input: unknown;
  readonly options: object;
}

/** The options that matter here, in ms. */
interface Options {
  readonly activityId?: string;
  readonly startToCloseTimeout?: number | string;
  readonly scheduleToCloseTimeout?: number | string;
  readonly heartbeatTimeout?: number | string;
  readonly priority?: Priority;
  readonly retry?: {
    readonly initialInterval?: number | string;
    readonly maximumInterval?: number | string;
    readonly backoffCoefficient?: number;
    readonly nonRetryableErrorTypes?: readonly string[];
  };
}

export type ActivityEnd = { readonly result: unknown } | { readonly error: unknown };

/** What the answer to a heartbeat says of the activity. */
export interface BeatAnswer {
  readonly notFound?: boolean;
  readonly cancelRequested?: boolean;
  readonly paused?: boolean;
  readonly reset?: boolean;
}

/** An attempt of an activity, as a worker gets it. */
export interface AttemptOnWorker {
  readonly execution: ActivityExecution;
  readonly token: number;
  readonly attempt: number;
  readonly details: unknown;
}

/** Who takes the tasks of activities. */
interface ActivityWorker {
  runAttempt(attempt: AttemptOnWorker): void;
}

export interface ActivityPlace {
  readonly time: VirtualTime;
  readonly workflowId: string;
  readonly runId: string;
  /** Of its workflow. */
  readonly priority: Priority;
  /** A worker that takes the task; null: none is there now. */
  readonly poll: () => ActivityWorker | null;
  /** How long a message is on its way. */
  readonly latencyMs: () => number;
  readonly ended: (end: ActivityEnd) => void;
}

/** `temporal.api.enums.v1.PendingActivityState` */
const PENDING_STATES = { SCHEDULED: 1, STARTED: 2, CANCEL_REQUESTED: 3, PAUSE_REQUESTED: 5 };

const POLL_AGAIN_MS = 200;
/** As long as a workflow task may take. */
const TASK_MS = 10_000;
const DEFAULT_INTERVAL_MS = 1_000;
const DEFAULT_COEFFICIENT = 2;

/** An activity as the server knows it: its attempts, its heartbeat, its timeouts. */
export class ActivityExecution {
  readonly scheduled: Scheduled;
  readonly scheduledMs: number;
  readonly options: Options;
  readonly place: ActivityPlace;
  attempt = 1;
  details: unknown = undefined;
  /** Attempts that ended without a word of their worker. */
  silent = 0;
  resets = 0;
  private token = 0;
  private state: 'waiting' | 'started' | 'closed' = 'waiting';
  private lastBeatMs = 0;
  private isCancelRequested = false;
  private isPaused = false;
  private isReset = false;
  /** Starts after the last that was asked for do nothing. */
  private dispatches = 0;
  /** When the next one is to start. */
  private nextMs = 0;
  /** Of the attempt under way. */
  private timeout = new Timer();
  private heartbeatTimeout = new Timer();
  /** Of all of them. */
  private readonly expiry = new Timer();

  constructor(place: ActivityPlace, scheduled: Scheduled) {
    this.place = place;
    this.scheduled = { ...scheduled, input: json(scheduled.input) };
    this.options = scheduled.options as Options;
    this.scheduledMs = place.time.nowMs;
    const limitMs = msOf(this.options.scheduleToCloseTimeout);
    if (limitMs !== null) place.time.after(limitMs, () => this.timeOut('SCHEDULE_TO_CLOSE'), this.expiry);
    this.dispatch(0);
  }

  get id(): string {
    return this.options.activityId ?? this.scheduled.name;
  }

  get priority(): Priority {
    return { ...this.place.priority, ...this.options.priority };
  }

  get isStarted(): boolean {
    return this.state === 'started';
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** As `groupState` of a pending activity has it. */
  get groupState(): GroupState {
    if (this.isCancelRequested) return 'stopping';
    if (this.state === 'started') return this.isPaused ? 'pausing' : 'asking';
    if (this.isPaused) return 'paused';
    return this.nextMs > this.place.time.nowMs ? 'waiting' : 'queued';
  }

  /** As a description of the workflow has it. */
  get pending() {
    const { PAUSE_REQUESTED, CANCEL_REQUESTED, STARTED, SCHEDULED } = PENDING_STATES;
    const whileStarted = this.isPaused ? PAUSE_REQUESTED : STARTED;
    const state = this.state === 'started' ? whileStarted : SCHEDULED;
    return {
      activityType: { name: this.scheduled.name },
      state: this.isCancelRequested ? CANCEL_REQUESTED : state,
      paused: this.isPaused,
      nextAttemptScheduleTime: this.state === 'waiting' ? msToTs(this.nextMs) : null,
    };
  }

  /** No attempt begins within a workflow task. */
  get isIdle(): boolean {
    return this.state === 'waiting' && (this.isPaused || this.nextMs > this.place.time.nowMs + TASK_MS);
  }

  /** The workflow has ended, or goes on in another run. */
  forget(): void {
    this.state = 'closed';
    this.attemptEnded();
    this.expiry.cancel();
  }

  requestCancel(): void {
    if (this.state === 'closed') return;
    this.isCancelRequested = true;
    // One that waits is cancelled unheard.
    if (this.state === 'waiting') this.fail(new CancelledFailure('cancelled'), 'CANCEL_REQUESTED');
  }

  pause(): void {
    this.isPaused = true;
  }

  unpause(): void {
    if (!this.isPaused || this.state === 'closed') return;
    this.isPaused = false;
    if (this.state === 'waiting') this.dispatch(0);
  }

  /** As `temporal activity reset`. */
  reset({ forgetsDetails }: { forgetsDetails: boolean }): void {
    if (this.state === 'closed') return;
    this.resets += 1;
    if (forgetsDetails) this.details = undefined;
    if (this.state === 'started') {
      this.isReset = true;
      return;
    }
    this.attempt = 1;
    this.dispatch(0);
  }

  /** What a worker says while it runs an attempt. */
  heartbeat(token: number, details: unknown): BeatAnswer {
    if (this.state !== 'started' || token !== this.token) return { notFound: true };
    this.details = details;
    this.lastBeatMs = this.place.time.nowMs;
    return { cancelRequested: this.isCancelRequested, paused: this.isPaused, reset: this.isReset };
  }

  /** The end of an attempt, as its worker tells it. False: it was too late. */
  respond(token: number, end: ActivityEnd): boolean {
    if (this.state !== 'started' || token !== this.token) return false;
    if ('result' in end) {
      this.close({ result: json(end.result) });
      return true;
    }
    const { error } = end;
    if (error instanceof CancelledFailure && this.isCancelRequested) {
      this.fail(crossing(error), 'CANCEL_REQUESTED');
      return true;
    }
    const failure = error instanceof ApplicationFailure ? crossing(error) : applicationFailure(error);
    const isFinal = failure.nonRetryable || this.nonRetryable.includes(failure.type ?? '');
    const delayMs = msOf(failure.nextRetryDelay as string | number | undefined);
    if (isFinal) this.fail(failure, 'NON_RETRYABLE_FAILURE');
    else this.retry(failure, delayMs);
    return true;
  }

  private get nonRetryable(): readonly string[] {
    return this.options.retry?.nonRetryableErrorTypes ?? [];
  }

  private retry(failure: Error, delayMs: number | null): void {
    this.attemptEnded();
    if (this.isCancelRequested) return this.fail(failure, 'CANCEL_REQUESTED');
    const waitMs = delayMs ?? this.backoffMs();
    const expiresMs = msOf(this.options.scheduleToCloseTimeout);
    if (expiresMs !== null && this.place.time.nowMs + waitMs > this.scheduledMs + expiresMs) {
      if (failure instanceof TimeoutFailure) return this.timeOut('SCHEDULE_TO_CLOSE');
      return this.fail(failure, 'TIMEOUT');
    }
    this.attempt = this.isReset ? 1 : this.attempt + 1;
    const wasReset = this.isReset;
    this.isReset = false;
    this.state = 'waiting';
    this.dispatch(wasReset ? 0 : waitMs);
  }

  private backoffMs(): number {
    const { initialInterval, maximumInterval, backoffCoefficient = DEFAULT_COEFFICIENT } = this.options.retry ?? {};
    const firstMs = msOf(initialInterval) ?? DEFAULT_INTERVAL_MS;
    return Math.min(firstMs * backoffCoefficient ** (this.attempt - 1), msOf(maximumInterval) ?? 100 * firstMs);
  }

  private dispatch(waitMs: number): void {
    const number = ++this.dispatches;
    this.nextMs = this.place.time.nowMs + waitMs;
    this.place.time.after(waitMs + this.place.latencyMs(), () => this.take(number));
  }

  private take(number: number): void {
    if (this.state !== 'waiting' || number !== this.dispatches || this.isPaused) return;
    const worker = this.place.poll();
    if (worker === null) return this.place.time.after(POLL_AGAIN_MS, () => this.take(number));
    this.start(worker);
  }

  private start(worker: ActivityWorker): void {
    this.begin();
    worker.runAttempt({ execution: this, token: this.token, attempt: this.attempt, details: this.details });
  }

  /** Its first attempt goes to whoever had it scheduled. Returns its token. */
  startEagerly(): number {
    this.dispatches += 1;
    this.begin();
    return this.token;
  }

  private begin(): void {
    const { time } = this.place;
    this.state = 'started';
    this.token += 1;
    this.lastBeatMs = time.nowMs;
    const limitMs = msOf(this.options.startToCloseTimeout);
    this.timeout = new Timer();
    this.heartbeatTimeout = new Timer();
    if (limitMs !== null) time.after(limitMs, () => this.lose('START_TO_CLOSE'), this.timeout);
    this.watchHeartbeat();
  }

  private watchHeartbeat(): void {
    const limitMs = msOf(this.options.heartbeatTimeout);
    if (limitMs === null) return;
    const leftMs = this.lastBeatMs + limitMs - this.place.time.nowMs;
    if (leftMs <= 0) return this.lose('HEARTBEAT');
    this.place.time.after(leftMs, () => this.watchHeartbeat(), this.heartbeatTimeout);
  }

  private attemptEnded(): void {
    this.timeout.cancel();
    this.heartbeatTimeout.cancel();
  }

  private lose(type: TimeoutType): void {
    this.silent += 1;
    this.retry(new TimeoutFailure(`activity ${type} timeout`, undefined, type), null);
  }

  private timeOut(type: TimeoutType): void {
    if (this.state === 'closed') return;
    if (this.state === 'started') this.silent += 1;
    this.fail(new TimeoutFailure(`activity ${type} timeout`, json(this.details), type), 'TIMEOUT');
  }

  private fail(cause: Error, retryState: RetryState): void {
    this.close({
      error: new ActivityFailure('Activity task failed', this.scheduled.name, this.id, retryState, 'sim', cause),
    });
  }

  private close(end: ActivityEnd): void {
    this.forget();
    this.place.ended(end);
  }
}

/** A failure as it is after its way: its details are JSON. */
function crossing<T extends ApplicationFailure | CancelledFailure>(failure: T): T {
  Object.assign(failure, { details: json(failure.details) });
  return failure;
}

export function applicationFailure(error: unknown): ApplicationFailure {
  const name = error instanceof Error ? error.name : 'Error';
  return ApplicationFailure.create({ message: error instanceof Error ? error.message : String(error), type: name });
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function msOf(value: number | string | undefined | null): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return value;
  const ms = Number(value.slice(0, -1)) * (UNITS[value.slice(-1)] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new Error(`no duration: ${value}`);
  return ms;
}
