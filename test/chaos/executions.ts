import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import type { CallFailure, CallResult, LlmCallInput } from '../../src/core/call/call-types.js';
import type { ExecutionRecord } from './record.js';

const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

const EVERY_MS = 500;
const AT_A_TIME = 8;

/** Waits until no call runs; those that run when the time is over are in the record as RUNNING. */
export async function executionsAtTheEnd(address: string, waitUntilMs: number): Promise<ExecutionRecord[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const isRunning = async () => {
      const { count } = await client.workflow.count('WorkflowType = "llmCall" AND ExecutionStatus = "Running"');
      return count > 0;
    };
    while (Date.now() < waitUntilMs && (await isRunning())) await sleep(EVERY_MS);
    const runs: { workflowId: string; runId: string }[] = [];
    for await (const { workflowId, runId } of client.workflow.list({
      query: 'WorkflowType IN ("llmCall", "llmBatch")',
    })) {
      runs.push({ workflowId, runId });
    }
    const records: ExecutionRecord[] = [];
    const reader = async () => {
      for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
        records.push(await executionRecord(client, run.workflowId, run.runId));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, reader));
    return records;
  } finally {
    await connection.close();
  }
}

async function executionRecord(client: Client, callId: string, runId: string): Promise<ExecutionRecord> {
  const handle = client.workflow.getHandle(callId, runId);
  const { status, raw } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const input = decode<Partial<LlmCallInput>>(events?.[0]?.workflowExecutionStartedEventAttributes?.input);
  const end = events?.at(-1);
  const result = decode<CallResult>(end?.workflowExecutionCompletedEventAttributes?.result);
  const failure = end?.workflowExecutionFailedEventAttributes?.failure;
  const failed = decode<CallFailure>(failure?.applicationFailureInfo?.details);
  return {
    callId,
    prompt: promptOf(input) ?? callId,
    status: status.name,
    attempts: (result?.report ?? failed?.report)?.attempts ?? 0,
    failedTasks: failedInARow(events ?? []),
    pendingTaskAttempt: raw.pendingWorkflowTask?.attempt ?? 0,
    failure: failure?.message ?? '',
  };
}

/** The most tasks that failed one after the other. */
function failedInARow(events: readonly temporal.api.history.v1.IHistoryEvent[]): string[] {
  let most: string[] = [];
  let row: string[] = [];
  for (const { eventType, workflowTaskFailedEventAttributes: its } of events) {
    if (eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) row = [];
    if (eventType !== EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED) continue;
    row = [...row, `${WorkflowTaskFailedCause[its?.cause ?? 0]}: ${its?.failure?.message ?? ''}`];
    if (row.length > most.length) most = row;
  }
  return most;
}

function decode<T>(payloads: temporal.api.common.v1.IPayloads | null | undefined): T | undefined {
  const [first] = payloads?.payloads ?? [];
  return first === undefined || first === null ? undefined : defaultPayloadConverter.fromPayload<T>(first);
}

/** Null for a row of a batch, whose request stays in its file. */
function promptOf(input: Partial<LlmCallInput> | undefined): string | null {
  const messages = input?.request?.['messages'];
  if (!Array.isArray(messages)) return null;
  const last = messages.at(-1) as { content?: unknown } | undefined;
  return typeof last?.content === 'string' ? last.content : null;
}
