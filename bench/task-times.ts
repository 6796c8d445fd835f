import type { Client } from '@temporalio/client';
import type { Activation } from './activations.js';

/** What the workflow tasks of a batch took, in all its histories. */
export interface TaskTimes {
  readonly histories: number;
  readonly tasks: number;
  readonly tasks_above_1_s: number;
  /** From when the server gave it to a worker until it had the answer. */
  readonly longest_task_ms: number;
  /** Of the longest task: until it had its turn in the thread for workflows, and what of its time was its own work. */
  readonly of_it_until_its_turn_ms: number | null;
  readonly of_it_cpu_ms: number | null;
  /** The most CPU that any task took, and the middle; null before Node 24. */
  readonly most_cpu_ms: number | null;
  readonly p50_cpu_ms: number | null;
}

interface Task {
  readonly startedMs: number;
  readonly ms: number;
  readonly activation: Activation | undefined;
}

interface Time {
  readonly seconds?: { toNumber(): number } | null;
  readonly nanos?: number | null;
}

/** Reads the tasks from the histories; what they were to the worker, from its activations. */
export async function taskTimes(
  client: Client,
  workflowId: string,
  activations: readonly Activation[],
): Promise<TaskTimes> {
  const byPlace = new Map(activations.map((activation) => [placeOf(activation), activation]));
  const tasks: Task[] = [];
  let histories = 0;
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    tasks.push(...(await tasksOf(client, workflowId, runId, byPlace)));
    histories += 1;
  }
  const [longest] = tasks.toSorted((a, b) => b.ms - a.ms);
  const cpuMs = tasks.flatMap(({ activation }) => (activation ? [activation.cpuMs] : [])).toSorted((a, b) => a - b);
  const turnMs = longest?.activation && longest.activation.beganMs - longest.startedMs;
  return {
    histories,
    tasks: tasks.length,
    tasks_above_1_s: tasks.filter(({ ms }) => ms > 1_000).length,
    longest_task_ms: Math.round(longest?.ms ?? Number.NaN),
    of_it_until_its_turn_ms: rounded(turnMs),
    of_it_cpu_ms: rounded(longest?.activation?.cpuMs),
    most_cpu_ms: rounded(cpuMs.at(-1)),
    p50_cpu_ms: rounded(cpuMs[Math.floor(cpuMs.length / 2)]),
  };
}

async function tasksOf(
  { workflow }: Client,
  workflowId: string,
  runId: string,
  byPlace: ReadonlyMap<string, Activation>,
): Promise<Task[]> {
  const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
  const startedMs = new Map<number, number>();
  const tasks: Task[] = [];
  for (const { eventId, eventTime, ...event } of events ?? []) {
    if (event.workflowTaskStartedEventAttributes) startedMs.set(Number(eventId), msOf(eventTime));
    const completed = event.workflowTaskCompletedEventAttributes;
    if (!completed) continue;
    const historyLength = Number(completed.startedEventId);
    const began = startedMs.get(historyLength) ?? Number.NaN;
    const activation = byPlace.get(placeOf({ runId, historyLength }));
    tasks.push({ startedMs: began, ms: msOf(eventTime) - began, activation });
  }
  return tasks;
}

function placeOf({ runId, historyLength }: Pick<Activation, 'runId' | 'historyLength'>): string {
  return `${runId} ${historyLength}`;
}

function msOf(time: Time | null | undefined): number {
  return (time?.seconds?.toNumber() ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 10) / 10;
}
