import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities, BareRequest } from './bare-activity.js';

const { ask } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

/** The least durable call: one activity with the retries that Temporal gives to every activity. */
export async function bareCall(request: BareRequest): Promise<unknown> {
  return ask(request);
}
