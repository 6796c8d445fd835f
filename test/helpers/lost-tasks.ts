/** An event of a history, as JSON has it. */
export interface HistoryEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly [attributes: string]: unknown;
}

/** A workflow task that was completed, and what the workflow did in it. */
interface CompletedTask {
  readonly completed: HistoryEvent;
  readonly commands: readonly HistoryEvent[];
}

type Attributes = Readonly<Record<string, unknown>>;

/**
 * Histories as they would be if one of the workflow tasks had timed out, with its events and commands in the same order: a
 * worker then has, in one activation, what came in two. Temporal's core does so when it replays a history with tasks that
 * timed out, but not on each replay. Left out are tasks whose next one depends on what they did, and those with Updates or
 * Signals, which Temporal's core puts before everything else.
 */
export function withLostTasks(events: readonly HistoryEvent[]): HistoryEvent[][] {
  const tasks = events
    .filter(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED')
    .map((completed) => ({ completed, commands: events.filter((event) => taskOf(event) === completed.eventId) }));
  return tasks.slice(1, -1).flatMap((lost, at) => {
    const next = tasks[at + 2];
    return next === undefined ? [] : joined(events, lost, next);
  });
}

function joined(events: readonly HistoryEvent[], lost: CompletedTask, next: CompletedTask): HistoryEvent[][] {
  const at = (event: HistoryEvent): number => events.indexOf(event);
  const start = at(lost.completed);
  const end = at(next.completed);
  const between = events.slice(start + 1 + lost.commands.length, end);
  const given = new Set(lost.commands.map(({ eventId }) => eventId));
  const isBoth = lost.commands.length > 0 && next.commands.length > 0;
  const isFree = between.every((event) => !references(event).some((id) => given.has(id)) && !isMessage(event));
  const isPlain = [...lost.commands, ...next.commands].every(
    (event) => !/UPDATE_ACCEPTED|UPDATE_COMPLETED/.test(event.eventType),
  );
  if (!isBoth || !isFree || !isPlain) return [];
  const order = [
    ...events.slice(0, start),
    timedOut(lost.completed),
    ...between,
    next.completed,
    ...lost.commands.map((event) => ofTask(event, lost.completed.eventId, next.completed.eventId)),
    ...events.slice(end + 1),
  ];
  return [renumbered(order)];
}

function attributesOf(event: HistoryEvent): Attributes {
  return (Object.entries(event).find(([name]) => name.endsWith('EventAttributes'))?.[1] ?? {}) as Attributes;
}

function taskOf(event: HistoryEvent): unknown {
  return attributesOf(event)['workflowTaskCompletedEventId'];
}

/** The events that an event speaks of. */
function references(event: HistoryEvent): string[] {
  return [...JSON.stringify(attributesOf(event)).matchAll(/EventId":"(\d+)"/g)].map(([, id = '']) => id);
}

function isMessage({ eventType }: HistoryEvent): boolean {
  return /WORKFLOW_EXECUTION_(SIGNALED|UPDATE)/.test(eventType);
}

function timedOut(completed: HistoryEvent): HistoryEvent {
  const { scheduledEventId, startedEventId } = attributesOf(completed);
  return {
    eventId: completed.eventId,
    eventTime: completed['eventTime'],
    eventType: 'EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT',
    workflowTaskTimedOutEventAttributes: {
      scheduledEventId,
      startedEventId,
      timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE',
    },
  };
}

function ofTask(event: HistoryEvent, from: string, to: string): HistoryEvent {
  const name = `"workflowTaskCompletedEventId":`;
  return JSON.parse(JSON.stringify(event).replace(`${name}"${from}"`, `${name}"${to}"`)) as HistoryEvent;
}

function renumbered(events: readonly HistoryEvent[]): HistoryEvent[] {
  const ids = new Map(events.map(({ eventId }, index) => [eventId, String(index + 1)]));
  return events.map((event) => {
    const text = JSON.stringify(event).replace(
      /(ventId":")(\d+)"/g,
      (_, name: string, id: string) => `${name}${ids.get(id) ?? id}"`,
    );
    return JSON.parse(text) as HistoryEvent;
  });
}
