import type { Client } from '@temporalio/client';

/** How long the workflow tasks of a batch took, as the server has it, in all its histories. */
export interface TaskTimes {
  readonly histories: number;
  readonly tasks: number;
  readonly longest_task_ms: number;
  readonly tasks_above_1_s: number;
}

interface Time {
  readonly seconds?: { toNumber(): number } | null;
  readonly nanos?: number | null;
}

export async function taskTimes({ workflow }: Client, workflowId: string): Promise<TaskTimes> {
  const times: number[] = [];
  let histories = 0;
  for await (const { runId } of workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const { events = [] } = await workflow.getHandle(workflowId, runId).fetchHistory();
    const begun = new Map<string, number>();
    for (const {
      eventId,
      eventTime,
      workflowTaskStartedEventAttributes,
      workflowTaskCompletedEventAttributes: ended,
    } of events ?? []) {
      if (workflowTaskStartedEventAttributes) begun.set(String(eventId), msOf(eventTime));
      if (ended) times.push(msOf(eventTime) - (begun.get(String(ended.startedEventId)) ?? Number.NaN));
    }
    histories += 1;
  }
  return {
    histories,
    tasks: times.length,
    longest_task_ms: Math.round(Math.max(...times)),
    tasks_above_1_s: times.filter((ms) => ms > 1_000).length,
  };
}

function msOf(time: Time | null | undefined): number {
  return (time?.seconds?.toNumber() ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
