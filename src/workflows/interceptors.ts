import type { WorkflowInterceptors } from '@temporalio/workflow';
import { seesCommands, seesJobs } from './job-order.js';
import { queryGuard } from './query-guard.js';

/** What our workflows need. By this name the SDK finds it in this file, for every workflow that a worker begins to run. */
export function interceptors(): WorkflowInterceptors {
  return { internals: [queryGuard(), seesJobs], outbound: [seesCommands] };
}
