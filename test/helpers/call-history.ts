import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { inject } from 'vitest';
import { LARGE_MESSAGES } from '../../src/temporal/connect.js';

/** The names of a call's events, `WorkflowExecutionStarted` and so on, in order. */
export async function eventNames(callId: string): Promise<string[]> {
  const history = JSON.parse(await historyJson(callId)) as { events: { eventType: string }[] };
  return history.events.map(({ eventType }) => pascalCase(eventType.replace(/^EVENT_TYPE_/, '')));
}

/** What names the machine that recorded a history, or the place of its files. */
const MACHINE = /"(stackTrace|identity)":\s*"(?:[^"\\]|\\.)*"/g;
const QUEUE_OF_PROCESS = /\d+@[\w.-]+/g;

/** A history as JSON, without what names the machine that recorded it. */
export function anonymous(history: string): string {
  return history.replace(MACHINE, '"$1":""').replace(QUEUE_OF_PROCESS, 'worker');
}

/** A call's whole history as JSON, as `temporal workflow show` prints it. */
export async function historyJson(callId: string): Promise<string> {
  return withClient(async (client) => historyToJSON(await client.workflow.getHandle(callId).fetchHistory()));
}

/** Everything that a call's history holds, as text: its payloads, too. */
export async function historyText(callId: string): Promise<string> {
  const history = await historyJson(callId);
  const payloads = [...history.matchAll(/"data":"([^"]*)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
  return [history, ...payloads].join('\n');
}

/** Search attributes of a call, by name. */
export async function searchAttributes(callId: string): Promise<Record<string, unknown>> {
  return withClient(async (client) => {
    const { typedSearchAttributes } = await client.workflow.getHandle(callId).describe();
    const pairs = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('Holdfast'));
    return Object.fromEntries(pairs.map(({ key, value }) => [key.name, value]));
  });
}

export async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: inject('temporalAddress'), channelArgs: LARGE_MESSAGES });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

function pascalCase(name: string): string {
  return name.toLowerCase().replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
