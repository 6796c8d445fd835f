import type { ActivityEnd, ActivityExecution, Scheduled } from './activity-execution.js';
import { settled } from './settled.js';
import type { VirtualTime } from './virtual-time.js';
import { ContinueAsNew, rootScope, runs, type CancellationScope } from './workflow-api.js';

/** The server that a run is on. */
interface RunServer {
  readonly time: VirtualTime;
  taskDelayMs(): number;
  schedule(run: WorkflowRun, scheduled: Scheduled, ended: (end: ActivityEnd) => void): ActivityExecution;
  runLocally(run: WorkflowRun, scheduled: Scheduled, ended: (end: ActivityEnd) => void): void;
  startChild(run: WorkflowRun, child: { workflowId: string; input: unknown }, words: ChildWords): void;
  ended(run: WorkflowRun, end: RunEnd): void;
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
  /** From this length on, Temporal suggests to continue the history as new. */
  readonly suggestAt: number;
}

interface ChildOptions {
  readonly workflowId: string;
  readonly args: readonly unknown[];
}

interface Handler {
  readonly handle: (...args: unknown[]) => unknown;
  readonly validator: ((...args: unknown[]) => unknown) | undefined;
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

  constructor(server: RunServer, options: RunOptions) {
    this.server = server;
    this.options = options;
  }

  get info() {
    const { workflowId, runId, startMs, memo, suggestAt } = this.options;
    return {
      workflowId,
      runId,
      startTime: new Date(startMs),
      historyLength: this.historyLength,
      continueAsNewSuggested: this.historyLength > suggestAt,
      taskTimeoutMs: 10_000,
      currentBuildId: undefined,
      memo,
      typedSearchAttributes: [],
    };
  }

  start(): void {
    this.tell(1, () => {
      void runs.run(this, async () => {
        try {
          this.close({ result: await this.options.workflow(this.options.input) });
        } catch (error) {
          this.close(error instanceof ContinueAsNew ? { continued: error.input } : { error });
        }
      });
    });
  }

  /** An event for the next workflow task. */
  tell(events: number, apply: () => void): void {
    if (this.isOver) return;
    this.count(events);
    this.events.push(apply);
    if (this.isTaskScheduled) return;
    this.isTaskScheduled = true;
    this.server.time.after(this.server.taskDelayMs(), () => this.task());
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
      const ready = this.conditions.findIndex(({ holds }) => holds());
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
        execution = this.server.schedule(this, { name, input, options }, (end) => {
          this.tell(3, () => ('result' in end ? resolve(end.result) : reject(end.error as Error)));
        });
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

  startChild({ workflowId, args }: ChildOptions): Promise<{ result(): Promise<unknown> }> {
    return new Promise((resolve, reject) => {
      this.commands.push(() => {
        this.count(1);
        this.server.startChild(this, { workflowId, input: args[0] }, { resolve, reject });
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
