import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type Client,
} from '@temporalio/client';
import { CancelledFailure, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import type { LlmCallInput } from '../../src/core/call/call-types.js';
import type { GroupProgress } from '../../src/core/retries/progress.js';
import type { CallToDrive } from '../../src/client/first-task-driver.js';
import { priorityOf } from '../../src/driven/drive.js';
import type { FirstTask } from '../../src/driven/eager-starts.js';
import type { ActivityEnd, ActivityExecution, BeatAnswer, Scheduled } from './activity-execution.js';
import { json } from './json.js';
import type { Execution } from './execution.js';
import type { Server } from './server.js';
import type { Process } from './virtual-time.js';
import { ReplayError } from './workflow-run.js';

type Answer = temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest;
type ToSchedule = temporal.api.command.v1.IScheduleActivityTaskCommandAttributes;
type Given = temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedResponse;

export interface FirstTaskParts {
  readonly process: Process;
  readonly server: Server;
  /** What was made of the first attempt of a call is known to whoever goes on. */
  readonly told: (callId: string) => void;
}

/** The server, as a process sees it that is given the first tasks of the calls that it starts. */
export class FirstTasks {
  readonly client: Client;
  private readonly parts: FirstTaskParts;
  /** Tokens by runs, of tasks that are not taken yet. */
  private readonly given = new Map<string, FirstTask>();
  private readonly activities = new Map<string, { readonly execution: ActivityExecution; readonly token: number }>();
  private tokens = 0;

  constructor(parts: FirstTaskParts) {
    this.parts = parts;
    const respondWorkflowTaskCompleted = (answer: Answer) => this.ask(() => this.respond(answer));
    this.client = {
      options: {
        namespace: 'sim',
        identity: 'sim',
        loadedDataConverter: { payloadConverter: defaultPayloadConverter, payloadCodecs: [] },
      },
      workflowService: { respondWorkflowTaskCompleted },
      activity: {
        heartbeat: (token: Uint8Array, details: unknown) => this.ask(() => this.heartbeat(token, json(details))),
        complete: (token: Uint8Array, result: unknown) => this.ask(() => this.end(token, { result })),
        fail: (token: Uint8Array, error: unknown) => this.ask(() => this.end(token, { error })),
        reportCancellation: (token: Uint8Array, details: unknown) =>
          this.ask(() => this.end(token, { error: new CancelledFailure('cancelled', [details]) })),
      },
    } as unknown as Client;
  }

  take(runId: string): FirstTask | null {
    const task = this.given.get(runId) ?? null;
    this.given.delete(runId);
    return task;
  }

  /** Starts a call; its first task comes with the answer, where the server gives one. */
  start(
    { callId, owner }: Pick<CallToDrive, 'callId' | 'owner'>,
    input: LlmCallInput,
    began: (execution: Execution) => void,
  ): Promise<string> {
    const { server } = this.parts;
    const sentMs = server.time.nowMs;
    return this.ask(() => {
      const execution = server.start('llmCall', callId, input, { isEager: true, priority: priorityOf(owner) });
      if (execution === null) throw new Error(`${callId} runs already`);
      began(execution);
      const { runId } = execution.run.options;
      if (execution.run.isFirstTaskOut) this.given.set(runId, { token: bytes(callId), sentMs });
      return runId;
    });
  }

  private ask<T>(work: () => T | Promise<T>): Promise<T> {
    return this.parts.process.ask(() => this.parts.server.latencyMs(), work);
  }

  private async respond({ taskToken, commands }: Answer): Promise<Given> {
    const { server } = this.parts;
    const callId = text(taskToken);
    const execution = server.running(callId);
    if (execution === null) throw new Error(`${callId} has ended`);
    const [command = {}] = commands ?? [];
    const { completeWorkflowExecutionCommandAttributes: end, scheduleActivityTaskCommandAttributes: activity } =
      command;
    if (end) execution.run.completeFirstTask(valueOf(end.result?.payloads), () => (execution.silent += 1));
    const begun = activity ? await this.schedule(execution, activity) : {};
    if (!isInFlight(activity)) this.parts.told(callId);
    return begun;
  }

  private async schedule({ run }: Execution, activity: ToSchedule): Promise<Given> {
    const { server } = this.parts;
    try {
      const execution = await run.scheduleInFirstTask(scheduledOf(activity));
      if (activity.requestEagerExecution !== true) return {};
      const id = `activity ${++this.tokens}`;
      this.activities.set(id, { execution, token: execution.startEagerly() });
      return { activityTasks: [{ taskToken: bytes(id) }] };
    } catch (error) {
      if (error instanceof ReplayError) server.problems.push(error.message);
      throw error;
    }
  }

  private heartbeat(token: Uint8Array, details: unknown): void {
    const { execution, token: number } = this.activityOf(token);
    const error = errorOf(execution.heartbeat(number, details));
    if (error !== null) throw error;
  }

  private end(token: Uint8Array, end: ActivityEnd): void {
    const { execution, token: number } = this.activityOf(token);
    if (!execution.respond(number, end)) throw new ActivityNotFoundError('not found');
    this.parts.told(execution.place.workflowId);
  }

  private activityOf(token: Uint8Array): { readonly execution: ActivityExecution; readonly token: number } {
    const activity = this.activities.get(text(token));
    if (activity === undefined) throw new ActivityNotFoundError('not found');
    return activity;
  }
}

function errorOf({ notFound, cancelRequested, paused, reset }: BeatAnswer): Error | null {
  if (notFound) return new ActivityNotFoundError('not found');
  if (cancelRequested) return new ActivityCancelledError('cancelled');
  if (reset) return new ActivityResetError('reset');
  return paused ? new ActivityPausedError('paused') : null;
}

function scheduledOf(activity: ToSchedule): Scheduled {
  const { activityId, activityType, input, retryPolicy } = activity;
  const { startToCloseTimeout, scheduleToCloseTimeout, heartbeatTimeout } = activity;
  const options = {
    activityId,
    startToCloseTimeout: tsToMs(startToCloseTimeout),
    ...(scheduleToCloseTimeout && { scheduleToCloseTimeout: tsToMs(scheduleToCloseTimeout) }),
    heartbeatTimeout: tsToMs(heartbeatTimeout),
    retry: { ...retryPolicy, initialInterval: tsToMs(retryPolicy?.initialInterval) },
  };
  return { name: activityType?.name ?? '', input: valueOf(input?.payloads), options };
}

/** Whether the first attempt goes on in the activity: its end is told by that. */
function isInFlight(activity: ToSchedule | null | undefined): boolean {
  const { first } = (valueOf(activity?.input?.payloads) ?? {}) as { readonly first?: GroupProgress };
  return (first?.inFlight ?? null) !== null;
}

function valueOf(payloads: readonly Payload[] | null | undefined): unknown {
  const payload = payloads?.[0];
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}

function bytes(id: string): Uint8Array {
  return Buffer.from(id);
}

function text(token: Uint8Array | null | undefined): string {
  return Buffer.from(token ?? []).toString();
}
