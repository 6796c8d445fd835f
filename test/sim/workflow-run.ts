import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  type Priority,
} from '@temporalio/common';
import type { ActivityEnd, ActivityExecution, Scheduled } from './activity-execution.js';
import { settled } from './settled.js';
import type { VirtualTime } from './virtual-time.js';
import { ContinueAsNew, rootScope, runs, type CancellationScope } from './workflow-api.js';

/** The server that a run is on. */
interface RunServer {
  readonly time: VirtualTime;
  latencyMs(): number;
  schedule(run: WorkflowRun, scheduled: Scheduled, ended: (end: ActivityEnd) => void): ActivityExecution;
  runLocally(run: WorkflowRun, scheduled: Scheduled, ended: (end: ActivityEnd) => void): void;
  startChild(run: WorkflowRun, child: ChildToStart, words: ChildWords): void;
  ended(run: WorkflowRun, end: RunEnd): void;
}

export interface ChildToStart {
  readonly workflowId: string;
  readonly input: unknown;
  readonly priority: Priority;
}

export interface ChildWords {
  readonly resolve: (child: { result(): Promise<unknown> }) => void;
  readonly reject: (error: Error) => void;
}

export type RunEnd = { readonly result: unknown } | { readonly error: unknown } | { readonly continued: unknown };

export type Workflow = (input: unknown) => Promise<unknown>;

export interface RunOptions {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly input: unknown;
  readonly workflow: Workflow;
  /** When the first run of it began. */
  readonly startMs: number;
  readonly memo: Record<string, unknown>;
  readonly priority: Priority;
  /** From this length on, Temporal suggests to continue the history as new. */
  readonly suggestAt: number;
}

interface ChildOptions {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly priority?: Priority;
}

interface Handler {
  readonly handle: (...args: unknown[]) => unknown;
  readonly validator: ((...args: unknown[]) => unknown) | undefined;
}

interface GivenActivity {
  readonly scheduled: Scheduled;
  execution: ActivityExecution | null;
}

/** The code of a workflow does not do what its history says. */
export class ReplayError extends Error {}

const TASK_TIMEOUT_MS = 10_000;

/** As Holdfast's client lists a call. */
const LISTED = new TypedSearchAttributes([
  { key: defineSearchAttributeKey('HoldfastGroup', SearchAttributeType.KEYWORD), value: 'a group' },
]);

/** What code and history must agree on. Times differ a little between who began and who goes on. */
function sketchOf({ name, input, options }: Scheduled): string {
  const { activityId } = options as { readonly activityId?: string };
  return JSON.stringify([name, activityId, { ...(input as object), first: undefined, deadlineMs: undefined }]);
}

/** One run of a workflow: its code, between events that come in workflow tasks. */
export class WorkflowRun {
  readonly options: RunOptions;
  readonly rootScope: CancellationScope = rootScope();
  readonly conditions: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];
  readonly handlers = new Map<string, Handler>();
  readonly activities = new Set<ActivityExecution>();
  handlersUnderWay = 0;
  private readonly server: RunServer;
  private events: (() => void)[] = [];
  private commands: (() => void)[] = [];
  private isTaskScheduled = false;
  private historyLength = 1;
  private isOver = false;
  /** Whoever started it has its first task. */
  isFirstTaskOut = false;
  /** The activity that the first task was answered with: the code has to come to it. */
  private given: GivenActivity | null = null;

  constructor(server: RunServer, options: RunOptions) {
    this.server = server;
    this.options = options;
  }

  get info() {
    const { workflowId, runId, startMs, memo, priority, suggestAt } = this.options;
    return {
      workflowId,
      runId,
      startTime: new Date(startMs),
      historyLength: this.historyLength,
      continueAsNewSuggested: this.historyLength > suggestAt,
      taskTimeoutMs: TASK_TIMEOUT_MS,
      currentBuildId: undefined,
      memo,
      priority,
      typedSearchAttributes: LISTED,
    };
  }

  start(): void {
    this.tell(1, () => this.runCode());
  }

  private runCode(): void {
    void runs.run(this, async () => {
      try {
        this.close({ result: await this.options.workflow(this.options.input) });
      } catch (error) {
        this.close(error instanceof ContinueAsNew ? { continued: error.input } : { error });
      }
    });
  }

  /** Its first task goes to whoever started it. One that is not answered in time goes to a worker. */
  giveFirstTask(lost: () => void): void {
    this.isFirstTaskOut = true;
    this.count(2);
    this.server.time.after(TASK_TIMEOUT_MS, () => {
      if (this.isFirstTaskOut && !this.isOver) this.firstTaskFailed(lost);
    });
  }

  private firstTaskFailed(lost: () => void): void {
    lost();
    this.isFirstTaskOut = false;
    this.count(2);
    const later = this.events;
    this.events = [];
    this.start();
    this.events.push(...later);
  }

  /** @throws when it comes too late, or something came meanwhile that is to be heard before the end */
  completeFirstTask(result: unknown, lost: () => void): void {
    this.checkFirstTask();
    if (this.events.length > 0) {
      this.firstTaskFailed(lost);
      throw new Error('unhandled command');
    }
    this.isFirstTaskOut = false;
    this.end({ result });
  }

  /** @throws when it comes too late */
  async scheduleInFirstTask(given: Scheduled): Promise<ActivityExecution> {
    this.checkFirstTask();
    this.isFirstTaskOut = false;
    const later = this.events;
    this.given = { scheduled: given, execution: null };
    this.events = [() => this.runCode()];
    await this.task();
    const { execution } = this.given;
    if (execution === null) throw new ReplayError(`${this.options.workflowId}: its code schedules no activity`);
    for (const event of later) this.tell(0, event);
    return execution;
  }

  private checkFirstTask(): void {
    if (!this.isFirstTaskOut || this.isOver) throw new Error('the first task is not here any more');
  }

  /** An event for the next workflow task. */
  tell(events: number, apply: () => void): void {
    if (this.isOver) return;
    this.count(events);
    this.events.push(apply);
    if (this.isTaskScheduled || this.isFirstTaskOut) return;
    this.isTaskScheduled = true;
    this.server.time.after(this.server.latencyMs(), () => this.task());
  }

  count(events: number): void {
    this.historyLength += events;
  }

  private async task(): Promise<void> {
    this.isTaskScheduled = false;
    if (this.isOver) return;
    this.count(2);
    const { events } = this;
    this.events = [];
    for (const apply of events) runs.run(this, apply);
    await this.settle();
    this.count(1);
  }

  /** Runs the code as far as it comes. */
  private async settle(): Promise<void> {
    for (;;) {
      await settled();
      const ready = runs.run(this, () => this.conditions.findIndex(({ holds }) => holds()));
      if (ready === -1) break;
      this.conditions.splice(ready, 1)[0]?.resolve();
    }
    const { commands } = this;
    this.commands = [];
    for (const command of commands) command();
  }

  activity(name: string, input: unknown, options: object, scope: CancellationScope): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let execution: ActivityExecution | null = null;
      let isCancelled = false;
      if (scope.consideredCancelled) {
        void scope.cancelRequested.catch(reject);
        return;
      }
      this.commands.push(() => {
        if (isCancelled || this.isOver) return;
        this.count(1);
        const scheduled = this.asGiven({ name, input, options });
        execution = this.server.schedule(this, scheduled, (end) => {
          this.tell(3, () => ('result' in end ? resolve(end.result) : reject(end.error as Error)));
        });
        if (scheduled === this.given?.scheduled) this.given.execution = execution;
      });
      if (scope.cancellable) {
        scope.cancelRequested.catch((error: unknown) => {
          if (execution !== null) return void this.commands.push(() => execution?.requestCancel());
          isCancelled = true;
          reject(error as Error);
        });
      }
    });
  }

  /** The first activity may be scheduled already. */
  private asGiven(scheduled: Scheduled): Scheduled {
    const { given } = this;
    if (given === null || given.execution !== null) return scheduled;
    if (sketchOf(scheduled) !== sketchOf(given.scheduled)) {
      throw new ReplayError(
        `${this.options.workflowId}: its code comes to ${sketchOf(scheduled)}, not to ${sketchOf(given.scheduled)}`,
      );
    }
    return given.scheduled;
  }

  localActivity(name: string, input: unknown, options: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.server.runLocally(this, { name, input, options }, (end) => {
        this.tell(1, () => ('result' in end ? resolve(end.result) : reject(end.error as Error)));
      });
    });
  }

  timer(ms: number, fire: () => void): void {
    this.commands.push(() => {
      this.count(1);
      this.server.time.after(ms, () => this.tell(1, fire));
    });
  }

  startChild({ workflowId, args, priority }: ChildOptions): Promise<{ result(): Promise<unknown> }> {
    return new Promise((resolve, reject) => {
      this.commands.push(() => {
        this.count(1);
        const child = { workflowId, input: args[0], priority: { ...this.options.priority, ...priority } };
        this.server.startChild(this, child, { resolve, reject });
      });
    });
  }

  private close(end: RunEnd): void {
    if (this.isOver) return;
    this.commands.push(() => this.end(end));
  }

  /** Ends the run, from inside or from outside. */
  end(end: RunEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const activity of this.activities) activity.forget();
    this.server.ended(this, end);
  }

  get isClosed(): boolean {
    return this.isOver;
  }
}
