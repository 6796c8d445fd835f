import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { SENDING, type WebhookDelivery } from '../core/plan/webhooks.js';

const { sendWebhook } = proxyActivities<Activities>(SENDING);

/** Sends one message to one webhook, until it is taken: it may arrive more than once, always with the same id. */
export async function deliverWebhook(delivery: WebhookDelivery): Promise<void> {
  await sendWebhook(delivery);
}
