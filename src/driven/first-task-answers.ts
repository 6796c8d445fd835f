import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { encodeToPayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import { activityOptions, groupSummary, type GroupActivityOptions } from '../core/call/activity-options.js';
import type { CallModelGroupInput, CallResult } from '../core/call/call-types.js';
import { ANSWERED_IN_FIRST_TASK } from '../core/call/first-task.js';
import type { Traces } from '../traces/traces.js';

const { CommandType } = proto.temporal.api.enums.v1;
type Command = temporal.api.command.v1.ICommand;
/** An activity task that the server gives to whoever had it scheduled. */
export type ActivityTask = temporal.api.workflowservice.v1.IPollActivityTaskQueueResponse;

/** The activity that goes on with a call. */
export interface ActivityToSchedule {
  readonly input: CallModelGroupInput;
  readonly taskQueue: string;
  /** The request in a line, for people. */
  readonly line: string;
  readonly nowMs: number;
  /** Whether this process takes the activity itself, since it makes the attempt already. */
  readonly eager: boolean;
}

/** A task, and whose it is. */
export interface TaskOfCall {
  readonly token: Uint8Array;
  readonly callId: string;
}

/** Answers first workflow tasks with the commands that the workflow's own code would give. */
export class FirstTaskAnswers {
  readonly #client: Client;
  readonly #traces: Pick<Traces, 'headers'> | undefined;

  constructor(client: Client, traces?: Pick<Traces, 'headers'>) {
    this.#client = client;
    this.#traces = traces;
  }

  /**
   * Ends the call with its answer.
   * @throws when the server does not take it: the task has timed out, or the call was cancelled meanwhile
   */
  async complete({ token: taskToken, callId }: TaskOfCall, result: CallResult): Promise<void> {
    const payloads = [await this.#payload(callId, result)];
    await this.#respond({
      taskToken,
      workerVersionStamp: { buildId: ANSWERED_IN_FIRST_TASK, useVersioning: false },
      commands: [
        {
          commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
          completeWorkflowExecutionCommandAttributes: { result: { payloads } },
        },
      ],
    });
  }

  /**
   * Goes on with the activity of the first group. Returns its task where it was asked for and given.
   * @throws when the server does not take it
   */
  async schedule({ token: taskToken, callId }: TaskOfCall, activity: ActivityToSchedule): Promise<ActivityTask | null> {
    const command = await this.#scheduleCommand(callId, activity);
    const { activityTasks } = await this.#respond({ taskToken, commands: [command] });
    return activityTasks?.[0] ?? null;
  }

  async #scheduleCommand(
    callId: string,
    { input, taskQueue, line, nowMs, eager }: ActivityToSchedule,
  ): Promise<Command> {
    const summary = groupSummary(input.plan.group, line);
    const options = activityOptions(input.plan, { deadlineMs: input.deadlineMs, nowMs, summary });
    return {
      commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
      userMetadata: { summary: await this.#payload(callId, options.summary) },
      scheduleActivityTaskCommandAttributes: {
        activityId: options.activityId,
        activityType: { name: 'callModelGroup' },
        taskQueue: { name: taskQueue },
        input: { payloads: [await this.#payload(callId, input)] },
        ...(this.#traces && { header: { fields: this.#traces.headers() } }),
        requestEagerExecution: eager,
        ...timeouts(options),
      },
    };
  }

  #payload(workflowId: string, value: unknown): Promise<Payload> {
    const { loadedDataConverter, namespace } = this.#client.options;
    return encodeToPayload(loadedDataConverter, value, { type: 'workflow', namespace, workflowId });
  }

  #respond(
    answer: temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest,
  ): Promise<temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedResponse> {
    const { namespace, identity } = this.#client.options;
    return this.#client.workflowService.respondWorkflowTaskCompleted({ ...answer, namespace, identity });
  }
}

function timeouts({
  startToCloseTimeout,
  scheduleToCloseTimeout,
  heartbeatTimeout,
  retry,
}: GroupActivityOptions): temporal.api.command.v1.IScheduleActivityTaskCommandAttributes {
  return {
    startToCloseTimeout: msToTs(startToCloseTimeout),
    ...(scheduleToCloseTimeout !== undefined && { scheduleToCloseTimeout: msToTs(scheduleToCloseTimeout) }),
    heartbeatTimeout: msToTs(heartbeatTimeout),
    retryPolicy: { ...retry, initialInterval: msToTs(retry.initialInterval) },
  };
}
