import type { Client } from '@temporalio/client';
import type { Clock } from '../clock.js';
import { isWorkflowGone } from '../temporal/is-workflow-gone.js';
import { describeCall } from './describe-call.js';
import { callError } from './errors.js';
import { quoted } from './list-calls.js';

/** What was deleted of a call. */
export interface ForgottenCall {
  readonly callId: string;
  /** Its runs, and the messages to webhooks that told of them. */
  readonly workflows: number;
}

/**
 * Deletes a call that is over: every run of its workflow, with its history, its place in lists and the messages to webhooks, sent or
 * not. The server has taken it when this ends, and does it within a minute. What lies in external storage is removed by the sweep, once no
 * history names it.
 * @throws ConflictError for a call that runs; WorkflowNotFoundError where there is none
 */
export async function forgetCall(client: Client, callId: string, clock: Pick<Clock, 'now'>): Promise<ForgottenCall> {
  const { state, runId } = await describeCall(client, callId, clock.now());
  if (state === 'running') {
    throw callError({ kind: 'ConflictError', message: `call ${callId} is running: cancel it, then forget it`, callId });
  }
  const runs = new Map([[runId, callId]]);
  const query = `WorkflowId = ${quoted(callId)} OR ParentWorkflowId = ${quoted(callId)}`;
  for await (const found of client.workflow.list({ query })) runs.set(found.runId, found.workflowId);
  for (const [run, workflowId] of runs) await deleteRun(client, workflowId, run);
  return { callId, workflows: runs.size };
}

async function deleteRun({ workflowService, options }: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = options;
  try {
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } });
  } catch (error) {
    if (!isWorkflowGone(error)) throw error;
  }
}
