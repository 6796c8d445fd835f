import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { ActivityCancellationDetails, CancelledFailure, noopMetricMeter, type Logger } from '@temporalio/common';
import { attemptsOf, createActivities, type ActivityDeps } from '../../src/activities/index.js';
import { RunningAttempts } from '../../src/activities/running-attempts.js';
import type { CallToDrive, DrivenCall } from '../../src/client/first-task-driver.js';
import type { LoadedConfig } from '../../src/config/index.js';
import type { BoardReport, BoardView } from '../../src/core/deployments/board.js';
import { ProcessDriver } from '../../src/driven/first-task-driver.js';
import type { Slots } from '../../src/providers/slots.js';
import type { Storage } from '../../src/storage/index.js';
import { LocalStreams } from '../../src/streaming/local-streams.js';
import type { TemporalSettings } from '../../src/temporal/settings.js';
import { msOf, type ActivityEnd, type AttemptOnWorker, type BeatAnswer } from './activity-execution.js';
import type { Chance } from './chance.js';
import { FirstTasks } from './first-tasks.js';
import { json } from './json.js';
import type { SimProvider } from './provider.js';
import type { Execution } from './execution.js';
import type { Server } from './server.js';
import { Process, Timer, type VirtualTime } from './virtual-time.js';

export interface WorkerParts {
  readonly name: string;
  /** So much its clock is ahead of the server's. */
  readonly aheadMs: number;
  readonly time: VirtualTime;
  readonly server: Server;
  readonly chance: Chance;
  readonly config: LoadedConfig;
  readonly provider: SimProvider;
  /** Whether first attempts are made in first workflow tasks. */
  readonly firstTask: { readonly drainMs: number } | undefined;
  readonly storageOf: (process: Process) => Storage;
  /** Tells the board of the providers; rejects where it is away. */
  readonly report: (process: Process, report: BoardReport) => Promise<BoardView>;
  /** What attempts take slots by, watched. */
  readonly slotsOf: (slots: Slots) => Slots;
}

const SETTINGS = { taskQueue: 'sim', namespace: 'sim' } as unknown as TemporalSettings;

type Activity = (input: unknown) => Promise<unknown>;

/** As the worker's options say: heartbeats are held back for so long. */
const MOST_THROTTLE_MS = 2_000;
const THROTTLE_SHARE = 0.8;

const SILENT: Logger = Object.fromEntries(
  ['log', 'trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]),
) as unknown as Logger;

/** A worker's process: the real activities, on a clock, a provider and a storage of the simulator's. */
export class SimWorker {
  readonly process: Process;
  readonly attempts: ReturnType<typeof attemptsOf>;
  readonly stopping = new AbortController();
  readonly running = new RunningAttempts();
  readonly streams = new LocalStreams();
  private readonly firstTasks: FirstTasks;
  private readonly driver: ProcessDriver;
  private readonly drained = new AbortController();
  private readonly parts: WorkerParts;
  private readonly activities: Record<string, Activity>;
  private readonly underWay = new Set<RunningAttempt>();

  constructor(parts: WorkerParts) {
    this.parts = parts;
    this.process = new Process(parts.time, parts.name, parts.aheadMs);
    const { chance } = parts;
    const deps: ActivityDeps = {
      config: parts.config,
      callProvider: (request) => parts.provider.ask(this.process, request),
      callbacks: { notify: () => {} },
      observer: { began: () => () => {}, waits: () => {}, lost: () => {}, row: () => {} },
      board: { report: (report) => parts.report(this.process, report), worker: this.process.name, warn: () => {} },
      streams: this.streams,
      running: this.running,
      stopping: this.stopping.signal,
      drained: this.drained.signal,
      clock: this.process.clock,
      random: chance.random,
      jitter: chance.random,
    };
    const attempts = attemptsOf(deps);
    this.attempts = { ...attempts, slots: parts.slotsOf(attempts.slots) };
    const { server } = parts;
    const callId = (): string => Context.current().info.workflowExecution?.workflowId ?? '';
    this.activities = {
      ...createActivities(this.attempts, parts.storageOf(this.process), parts.firstTask),
      lastProgress: async () => server.lastProgress(callId()),
      givenProgress: async () => server.givenProgress(callId()),
      groupNow: async () => server.groupNow(callId()),
      pauseGroup: async (given: unknown) => server.pendingGroup(callId(), given)?.pause(),
      resumeGroup: async (given: unknown) => server.pendingGroup(callId(), given)?.unpause(),
      cancelCall: async () => server.cancel(callId()),
    } as unknown as Record<string, Activity>;
    const told = (callId: string): void => parts.provider.toldOfFirst(callId);
    this.firstTasks = new FirstTasks({ process: this.process, server: parts.server, told });
    const driving = { settings: SETTINGS, attempts: this.attempts, stopping: this.stopping.signal, drainMs: 10_000 };
    this.driver = new ProcessDriver(driving, this.firstTasks, async () => {});
  }

  /** Starts a call here, with its first attempt; null: it is to be started as any other. */
  drive(call: Omit<CallToDrive, 'start'>, began: (execution: Execution) => void): DrivenCall | null {
    return this.driver.drive({ ...call, start: (input) => this.firstTasks.start(call, input, began) });
  }

  get takesTasks(): boolean {
    return this.process.isAlive && !this.process.isFrozen && !this.stopping.signal.aborted;
  }

  kill(): void {
    this.process.kill();
  }

  /** Takes no more work; what is in flight has a time to end, and is then given up. */
  stop(drainMs: number): void {
    this.stopping.abort();
    this.process.after(drainMs, () => {
      this.drained.abort();
      for (const attempt of this.underWay) attempt.cancel({ workerShutdown: true });
    });
  }

  runAttempt(attempt: AttemptOnWorker): void {
    const running = new RunningAttempt(this.process, this.parts, attempt);
    this.underWay.add(running);
    void running.run(this.activity(attempt.execution.scheduled.name)).finally(() => this.underWay.delete(running));
  }

  /** A local activity: no heartbeat, no cancellation. */
  async runLocally(name: string, input: unknown, info: Partial<Info>): Promise<unknown> {
    const context = contextOf(this.parts, { ...info, isLocal: true, attempt: 1 } as Info, {
      process: this.process,
      signal: new AbortController().signal,
      heartbeat: () => {},
      holder: {},
    });
    return json(await asyncLocalStorage.run(context, () => this.activity(name)(json(input))));
  }

  private activity(name: string): Activity {
    const activity = this.activities[name];
    if (activity === undefined) throw new Error(`no activity ${name}`);
    return activity;
  }
}

class RunningAttempt {
  private readonly process: Process;
  private readonly parts: WorkerParts;
  private readonly given: AttemptOnWorker;
  private readonly cancellation = new AbortController();
  private readonly holder: { details?: ActivityCancellationDetails } = {};
  private held: { readonly details: unknown } | null = null;
  private throttledUntilMs = 0;
  private readonly throttle = new Timer();
  private beatArrivesMs = 0;

  constructor(process: Process, parts: WorkerParts, given: AttemptOnWorker) {
    this.process = process;
    this.parts = parts;
    this.given = given;
  }

  async run(activity: Activity): Promise<void> {
    const { execution, token } = this.given;
    const end = await asyncLocalStorage.run(this.context(), async (): Promise<ActivityEnd> => {
      try {
        return { result: await activity(execution.scheduled.input) };
      } catch (error) {
        return { error: this.told(error) };
      }
    });
    this.throttle.cancel();
    // It waits for the heartbeat that is on its way.
    const leftMs = Math.max(0, this.beatArrivesMs - this.parts.time.nowMs);
    this.process.after(leftMs + this.parts.server.latencyMs(), () => {
      // The last heartbeat goes with the failure.
      if (this.held !== null) execution.heartbeat(token, this.held.details);
      this.held = null;
      const isHeard = execution.respond(token, end);
      // What a chunk that failed had of its rows may not be written.
      const isKept = 'result' in end || execution.scheduled.name !== 'runChunk';
      this.parts.provider.told(this.given, isHeard && isKept);
    });
  }

  cancel(details: BeatAnswer & { readonly workerShutdown?: boolean }): void {
    if (this.cancellation.signal.aborted) return;
    this.holder.details = new ActivityCancellationDetails(details);
    this.cancellation.abort(new CancelledFailure('CANCELLED'));
  }

  /** As the SDK tells of an attempt that was stopped by a pause or a reset. */
  private told(error: unknown): unknown {
    const { details } = this.holder;
    if (!(error instanceof CancelledFailure) || details === undefined) return error;
    if (details.reset) return Object.assign(new Error('Activity reset'), { name: 'ActivityReset' });
    return details.paused ? Object.assign(new Error('Activity paused'), { name: 'ActivityPause' }) : error;
  }

  private readonly heartbeat = (details: unknown): void => {
    const isFirst = this.held === null;
    this.held = { details: json(details) };
    const leftMs = this.throttledUntilMs - this.parts.time.nowMs;
    if (leftMs <= 0) this.send(this.held);
    else if (isFirst) this.sendAfter(leftMs);
  };

  private sendAfter(ms: number): void {
    this.process.after(ms, () => this.held !== null && this.send(this.held), this.throttle);
  }

  private send(held: { readonly details: unknown }): void {
    const { execution, token } = this.given;
    const { server, time } = this.parts;
    const limitMs = msOf(execution.options.heartbeatTimeout) ?? MOST_THROTTLE_MS;
    const throttledMs = Math.ceil(Math.min(limitMs * THROTTLE_SHARE, MOST_THROTTLE_MS));
    this.throttledUntilMs = time.nowMs + throttledMs;
    if (server.losesMessage()) return this.sendAfter(throttledMs);
    this.held = null;
    // It is on its way, also when its sender is killed meanwhile.
    const latencyMs = server.latencyMs();
    this.beatArrivesMs = time.nowMs + latencyMs;
    time.after(latencyMs, () => {
      const answer = execution.heartbeat(token, held.details);
      if (Object.values(answer).some((said) => said === true)) {
        this.process.after(server.latencyMs(), () => this.cancel(answer));
      }
    });
  }

  private context(): Context {
    const { execution, attempt, details } = this.given;
    const { workflowId, runId } = execution.place;
    const info = {
      attempt,
      heartbeatDetails: details,
      heartbeatTimeoutMs: msOf(execution.options.heartbeatTimeout) ?? undefined,
      isLocal: false,
      scheduledTimestampMs: execution.scheduledMs,
      workflowExecution: { workflowId, runId },
      retryPolicy: {},
      activityId: execution.id,
      priority: execution.priority,
    } as unknown as Info;
    const { signal } = this.cancellation;
    const context = contextOf(this.parts, info, {
      process: this.process,
      signal,
      heartbeat: this.heartbeat,
      holder: this.holder,
    });
    this.parts.provider.begins(context, this.given);
    return context;
  }
}

interface Cancelling {
  readonly process: Process;
  readonly signal: AbortSignal;
  readonly heartbeat: (details?: unknown) => void;
  readonly holder: { details?: ActivityCancellationDetails };
}

function contextOf({ server }: WorkerParts, info: Info, { process, signal, heartbeat, holder }: Cancelling): Context {
  const cancelled = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  cancelled.catch(() => {});
  const context = new Context(info, cancelled, signal, heartbeat, server.client, SILENT, noopMetricMeter, holder);
  // The SDK's own sleep knows the real time only.
  const sleep = (ms: unknown) => Promise.race([cancelled, process.clock.sleep(Number(ms))]);
  return Object.assign(context, { sleep });
}
