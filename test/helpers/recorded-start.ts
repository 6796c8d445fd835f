import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import proto, { type temporal } from '@temporalio/proto';
import { withClient } from './call-history.js';

const { CommandType } = proto.temporal.api.enums.v1;

type Event = temporal.api.history.v1.IHistoryEvent;
type ICommand = temporal.api.command.v1.ICommand;

/** The server wants to know how long somebody polls. */
const POLL_MS = 60_000;

/**
 * Starts a workflow as it was started in a recorded history, and has its first workflow task end as it ended there: to the server,
 * the worker of then has begun it. Nobody else may poll the task queue meanwhile.
 * @returns the id of the workflow
 */
export async function startAsRecorded(file: URL, taskQueue: string): Promise<string> {
  const events = historyFromJSON(JSON.parse(readFileSync(file, 'utf8'))).events ?? [];
  const [started] = events;
  const { workflowType, input, searchAttributes } = started?.workflowExecutionStartedEventAttributes ?? {};
  const ends = events.findIndex((event) => event.workflowTaskCompletedEventAttributes);
  const task = events[ends]?.workflowTaskCompletedEventAttributes;
  const commands = commandsOf(events.slice(ends + 1), taskQueue);
  const identity = 'a worker of before';
  return withClient(async ({ connection, workflowService, options: { namespace } }) => {
    const workflowId = `recorded-${randomUUID()}`;
    const queue = { name: taskQueue };
    await workflowService.startWorkflowExecution({
      namespace,
      workflowId,
      workflowType: workflowType ?? null,
      input: input ?? null,
      searchAttributes: searchAttributes ?? null,
      taskQueue: queue,
      identity,
      requestId: randomUUID(),
    });
    const { taskToken, workflowExecution } = await connection.withDeadline(Date.now() + POLL_MS, () =>
      workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: queue, identity }),
    );
    if (workflowExecution?.workflowId !== workflowId) throw new Error('the task queue has another workflow');
    await workflowService.respondWorkflowTaskCompleted({
      namespace,
      taskToken,
      identity,
      sdkMetadata: task?.sdkMetadata ?? null,
      commands,
    });
    return workflowId;
  });
}

/** What a worker asked for with a workflow task: what came of that stands behind it, before anything else. */
function commandsOf(events: readonly Event[], taskQueue: string): ICommand[] {
  const commands: ICommand[] = [];
  for (const { markerRecordedEventAttributes: marker, activityTaskScheduledEventAttributes: activity } of events) {
    if (marker) {
      commands.push({ commandType: CommandType.COMMAND_TYPE_RECORD_MARKER, recordMarkerCommandAttributes: marker });
    } else if (activity) {
      const scheduleActivityTaskCommandAttributes = { ...activity, taskQueue: { name: taskQueue } };
      commands.push({
        commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
        scheduleActivityTaskCommandAttributes,
      });
    } else break;
  }
  return commands;
}
