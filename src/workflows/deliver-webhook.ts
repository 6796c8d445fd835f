import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { WebhookDelivery } from '../core/plan/webhooks.js';

const { sendWebhook } = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '3d',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10m' },
});

/** Sends one message to one webhook, until it is taken: it may arrive more than once, always with the same id. */
export async function deliverWebhook(delivery: WebhookDelivery): Promise<void> {
  await sendWebhook(delivery);
}
