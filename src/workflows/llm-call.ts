import { ApplicationFailure } from '@temporalio/common';
import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { CallPlan } from '../core/call-plan.js';
import type { CallResult, LlmCallInput } from '../core/call-types.js';
import { ERROR_KINDS, isErrorKind } from '../core/error-kinds.js';
import { callFailed } from './call-failed.js';
import { CallRun } from './call-run.js';
import { publishFacts } from './visibility.js';

const { resolvePlan } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 5 },
});

/**
 * One logical LLM request, durable. Its plan is resolved once; then model groups run one after the other, each as an
 * activity that Temporal retries, until one answers or none is left.
 * @throws ApplicationFailure whose `type` is the error kind and whose `details[0]` is a `CallFailure`
 */
export async function llmCall(input: LlmCallInput): Promise<CallResult> {
  const startedMs = Date.now();
  const plan = await planOf(input);
  return new CallRun(input, plan, startedMs).run();
}

async function planOf(input: LlmCallInput): Promise<CallPlan> {
  try {
    return await resolvePlan(input);
  } catch (error) {
    // The failure of a local activity comes as it was thrown.
    if (!(error instanceof ApplicationFailure) || !isErrorKind(error.type)) throw error;
    publishFacts({ outcome: 'failed', errorKind: error.type });
    throw callFailed({
      kind: error.type,
      status: ERROR_KINDS[error.type].status,
      message: error.message,
      report: null,
    });
  }
}
