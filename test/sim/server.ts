import type { Info } from '@temporalio/activity';
import { TerminatedFailure, WorkflowExecutionAlreadyStartedError, type Priority } from '@temporalio/common';
import { BOARD_REPORT, PROVIDER_BOARD, providerBoardId } from '../../src/core/deployments/board-messages.js';
import type { GroupNow } from '../../src/activities/act-on-group.js';
import type { GroupProgress } from '../../src/core/retries/progress.js';
import { ActivityExecution, type ActivityEnd, type AttemptOnWorker, type Scheduled } from './activity-execution.js';
import type { Chance } from './chance.js';
import { childFailure, type Execution } from './execution.js';
import { json } from './json.js';
import { clientOf } from './server-client.js';
import type { VirtualTime } from './virtual-time.js';
import {
  WorkflowRun,
  type ChildToStart,
  type ChildWords,
  type RunEnd,
  type RunOptions,
  type Workflow,
} from './workflow-run.js';

/** A worker, as the server sees it. */
interface ServedWorker {
  readonly takesTasks: boolean;
  readonly process: { readonly isAlive: boolean };
  runAttempt(attempt: AttemptOnWorker): void;
  runLocally(name: string, input: unknown, info: Partial<Info>): Promise<unknown>;
}

export interface ServerParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly workflows: Readonly<Record<string, Workflow>>;
  readonly workers: () => readonly ServedWorker[];
  /** History lengths from which runs of batches are continued as new. */
  readonly suggestAt: number;
  /** Share of heartbeats that do not arrive. */
  readonly lostMessages: number;
  /** Share of starts whose first task is not given to whoever started. */
  readonly keptTasks: number;
}

const BOARD_ID = providerBoardId('sim');
const LATENCY_MS = 20;
const LOCAL_AGAIN_MS = 1_000;

/** A model of Temporal's server: as much of it as calls and batches can see. */
export class Server {
  readonly time: VirtualTime;
  readonly executions = new Map<string, Execution>();
  /** What no server would have gone along with. */
  readonly problems: string[] = [];
  private readonly parts: ServerParts;
  private runs = 0;
  private underWay = 0;

  constructor(parts: ServerParts) {
    this.parts = parts;
    this.time = parts.time;
  }

  latencyMs(): number {
    return 1 + this.parts.chance.ms(LATENCY_MS);
  }

  losesMessage(): boolean {
    return this.parts.chance.is(this.parts.lostMessages);
  }

  /**
   * Starts a workflow; null: it runs already.
   * @param isEager - whether its first task is asked for by whoever starts it
   */
  start(
    type: string,
    workflowId: string,
    input: unknown,
    { isEager = false, priority = {} }: { readonly isEager?: boolean; readonly priority?: Priority | undefined } = {},
  ): Execution | null {
    const known = this.executions.get(workflowId);
    if (known?.end === null) return null;
    const startMs = this.time.nowMs;
    const execution: Execution = {
      workflowId,
      type,
      run: this.newRun(type, workflowId, { input, startMs, memo: {}, priority }),
      end: null,
      startMs,
      endMs: 0,
      silent: known?.silent ?? 0,
      resets: known?.resets ?? 0,
      continued: 0,
      onEnd: [],
    };
    this.executions.set(workflowId, execution);
    if (type !== PROVIDER_BOARD) this.underWay += 1;
    if (!isEager) execution.run.start();
    else if (this.parts.chance.is(this.parts.keptTasks)) {
      execution.silent += 1;
      execution.run.start();
    } else execution.run.giveFirstTask(() => (execution.silent += 1));
    return execution;
  }

  private newRun(
    type: string,
    workflowId: string,
    { input, ...lasting }: { input: unknown } & Pick<RunOptions, 'startMs' | 'memo' | 'priority'>,
  ): WorkflowRun {
    const workflow = this.parts.workflows[type];
    if (workflow === undefined) throw new Error(`no workflow ${type}`);
    const { suggestAt } = this.parts;
    const runId = `run-${++this.runs}`;
    return new WorkflowRun(this, { workflowId, runId, type, input: json(input), workflow, ...lasting, suggestAt });
  }

  /** A run has come to its end. */
  ended(run: WorkflowRun, end: RunEnd): void {
    const execution = this.executions.get(run.options.workflowId);
    if (execution?.run !== run) return;
    for (const { silent, resets } of run.activities) {
      execution.silent += silent;
      execution.resets += resets;
    }
    if ('continued' in end) {
      const { type, workflowId, memo, priority } = run.options;
      execution.continued += 1;
      execution.run = this.newRun(type, workflowId, {
        input: end.continued,
        startMs: this.time.nowMs,
        memo,
        priority,
      });
      execution.run.start();
      return;
    }
    execution.end = 'result' in end ? { result: json(end.result) } : end;
    execution.endMs = this.time.nowMs;
    if (execution.type !== PROVIDER_BOARD) this.underWay -= 1;
    for (const tell of execution.onEnd) tell(execution.end);
  }

  schedule(run: WorkflowRun, scheduled: Scheduled, ended: (end: ActivityEnd) => void): ActivityExecution {
    const { workflowId, runId, priority } = run.options;
    const execution = new ActivityExecution(
      {
        time: this.time,
        workflowId,
        runId,
        priority,
        poll: () => this.poll(),
        latencyMs: () => this.latencyMs(),
        ended,
      },
      scheduled,
    );
    run.activities.add(execution);
    return execution;
  }

  private poll(): ServedWorker | null {
    const ready = this.parts.workers().filter(({ takesTasks }) => takesTasks);
    return ready.length === 0 ? null : this.parts.chance.of(ready);
  }

  runLocally(run: WorkflowRun, { name, input, options }: Scheduled, ended: (end: ActivityEnd) => void): void {
    const { workflowId, runId } = run.options;
    const { retry } = options as { retry?: { maximumAttempts?: number } };
    let attempts = 0;
    let given = input;
    const attempt = () => {
      if (run.isClosed) return;
      const worker = this.poll();
      if (worker === null) return this.time.after(LOCAL_AGAIN_MS, attempt);
      attempts += 1;
      let isOver = false;
      worker.runLocally(name, given, { workflowExecution: { workflowId, runId } }).then(
        (result) => {
          isOver = true;
          ended({ result });
        },
        (error: unknown) => {
          isOver = true;
          const isFinal = (error as { nonRetryable?: boolean }).nonRetryable === true;
          if (isFinal || attempts >= (retry?.maximumAttempts ?? Infinity)) ended({ error });
          else this.time.after(LOCAL_AGAIN_MS, attempt);
        },
      );
      // The task begins again elsewhere when its worker is lost.
      const watch = () => {
        if (isOver) return;
        if (worker.process.isAlive) return this.time.after(LOCAL_AGAIN_MS, watch);
        attempts = 0;
        // The workflow sees by its history that its first task was somebody's before.
        if (name === 'resolvePlan') given = { ...(input as object), isRepeated: true };
        const execution = this.executions.get(workflowId);
        if (execution !== undefined) execution.silent += 1;
        attempt();
      };
      this.time.after(LOCAL_AGAIN_MS, watch);
    };
    this.time.after(0, attempt);
  }

  startChild(parent: WorkflowRun, { workflowId, input, priority }: ChildToStart, words: ChildWords): void {
    this.time.after(this.latencyMs(), () => {
      const child = this.start('llmCall', workflowId, input, { priority });
      if (child === null) {
        const error = new WorkflowExecutionAlreadyStartedError('already started', workflowId, 'llmCall');
        return parent.tell(2, () => words.reject(error));
      }
      const result = new Promise((resolve, reject) => {
        child.onEnd.push((end) =>
          parent.tell(1, () => ('result' in end ? resolve(json(end.result)) : reject(childFailure(child, end.error)))),
        );
      });
      result.catch(() => {});
      parent.tell(2, () => words.resolve({ result: () => result }));
    });
  }

  cancel(workflowId: string): void {
    const run = this.running(workflowId)?.run;
    run?.tell(1, () => run.rootScope.cancel());
  }

  terminate(workflowId: string): void {
    this.running(workflowId)?.run.end({ error: new TerminatedFailure('terminated') });
  }

  signal(workflowId: string, name: string, value: unknown): void {
    const run = this.running(workflowId)?.run;
    run?.tell(1, () => void run.handlers.get(name)?.handle(json(value)));
  }

  /** Whether it was taken; one that comes too late is never answered. */
  update(workflowId: string, name: string, value: unknown): Promise<boolean> {
    const run = this.running(workflowId)?.run;
    return new Promise((resolve) => {
      // It is in the history only once it is accepted.
      run?.tell(0, () => {
        run.count(2);
        const handler = run.handlers.get(name);
        const handle = async (): Promise<unknown> => {
          if (handler === undefined) throw new Error(`no handler of ${name}`);
          handler.validator?.(json(value));
          return handler.handle(json(value));
        };
        handle().then(
          () => resolve(true),
          () => resolve(false),
        );
      });
    });
  }

  /** As an update with start: starts the board where there is none. */
  updateBoard(name: string, value: unknown): Promise<boolean> {
    if (this.running(BOARD_ID) === null) this.start(PROVIDER_BOARD, BOARD_ID, {});
    return this.update(BOARD_ID, name, value);
  }

  get isIdle(): boolean {
    return this.underWay === 0;
  }

  /** As an update with start: starts the board where there is none. */
  reportToBoard(report: unknown): Promise<unknown> {
    const run = (this.running(BOARD_ID) ?? this.start(PROVIDER_BOARD, BOARD_ID, {}))?.run;
    return new Promise((resolve, reject) => {
      run?.tell(3, () => {
        try {
          const handler = run.handlers.get(BOARD_REPORT);
          handler?.validator?.(report);
          resolve(handler?.handle(report));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  running(workflowId: string): Execution | null {
    const execution = this.executions.get(workflowId);
    return execution?.end === null ? execution : null;
  }

  /** The activity of the group that a call is in. */
  pendingOf(workflowId: string): ActivityExecution | null {
    const run = this.running(workflowId)?.run;
    return [...(run?.activities ?? [])].findLast(({ isClosed }) => !isClosed) ?? null;
  }

  /** The activity of this group, while it runs. */
  pendingGroup(workflowId: string, given: unknown): ActivityExecution | null {
    const pending = this.pendingOf(workflowId);
    return pending?.id === (given as { readonly group: string }).group ? pending : null;
  }

  lastProgress(workflowId: string): unknown {
    const activity = this.pendingOf(workflowId);
    const progress = json(activity?.details) as object | undefined;
    return progress ? { ...progress, ...(activity?.isIdle === true && { isIdle: true }) } : null;
  }

  /** What the first activity of a call was given of an attempt before it. */
  givenProgress(workflowId: string): unknown {
    const [activity] = this.running(workflowId)?.run.activities ?? [];
    return (activity?.scheduled.input as { readonly first?: GroupProgress } | undefined)?.first ?? null;
  }

  /** What the running group of a call does, and told last; null: the call is between its groups. */
  groupNow(workflowId: string): GroupNow | null {
    const activity = this.pendingOf(workflowId);
    return (
      activity && { state: activity.groupState, progress: (json(activity.details) ?? null) as GroupProgress | null }
    );
  }

  /** As much of a client as activities use. */
  readonly client = clientOf(this);
}
