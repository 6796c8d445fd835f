import { proxyActivities, workflowInfo } from '@temporalio/workflow';

const { runBatch } = proxyActivities({ startToCloseTimeout: '1 day', heartbeatTimeout: '1 minute' });

/** The batch of a night. Its output folder is named for the day: who begins again, by a retry or by hand, joins the same batch. */
export async function nightly({ input, output }) {
  const day = workflowInfo().startTime.toISOString().slice(0, 10);
  return runBatch({ input, output: `${output}/${day}` });
}
