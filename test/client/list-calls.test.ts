import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { countCalls, pageOfCalls } from '../../src/client/list-calls.js';
import { systemClock } from '../../src/clock.js';

/** A server that knows no pause of a workflow, and what it was asked. */
function olderServer() {
  const queries: string[] = [];
  const ask = async (query: string): Promise<void> => {
    queries.push(query);
    if (!query.includes('Paused')) return;
    const details = "invalid query: invalid expression: invalid ExecutionStatus value 'Paused'";
    throw Object.assign(new Error(details), { code: 3, details, metadata: {} });
  };
  const client = {
    options: { namespace: 'default' },
    workflow: { count: (query: string) => ask(query).then(() => ({ count: 7 })) },
    workflowService: {
      listWorkflowExecutions: ({ query }: { query: string }) =>
        ask(query).then(() => ({ executions: [], nextPageToken: new Uint8Array() })),
    },
  } as unknown as Client;
  return { client, queries };
}

test('calls that run are those that are running or paused; of a server that knows no pause, those that are running', async () => {
  const { client, queries } = olderServer();
  expect(await pageOfCalls(client, { state: 'running' }, systemClock)).toEqual({ calls: [], next: null });
  expect(await countCalls(client, { state: 'running' })).toBe(7);
  const [first, second] = queries;
  expect(first).toBe('WorkflowType = "llmCall" AND ExecutionStatus IN ("Running", "Paused")');
  expect(second).toBe('WorkflowType = "llmCall" AND ExecutionStatus IN ("Running")');
  expect(queries).toHaveLength(4);
});
