import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Clock } from '../clock.js';
import type { ConfiguredWebhook } from '../config/index.js';
import type { WebhookDelivery } from '../core/plan/webhooks.js';
import { signedHeaders } from './webhook-signature.js';

/** So long a receiver may take. */
const LIMIT_MS = 15_000;

/** The receiver wants no more of them. */
const GONE = 410;

/** Makes the activity that sends one message to a webhook once; Temporal sees to it that it is sent again. */
export function createSendWebhook(
  config: { readonly webhooks?: readonly ConfiguredWebhook[] | undefined },
  clock: Pick<Clock, 'now'>,
) {
  return async function sendWebhook({ name, id, body }: WebhookDelivery): Promise<void> {
    const webhook = config.webhooks?.find((each) => each.name === name);
    // Another worker may have it, as in a rolling deploy.
    if (webhook === undefined) throw notTaken(name, 'is not in the config of this worker');
    const headers = { 'content-type': 'application/json', ...signedHeaders(webhook.secret, { id, body }, clock.now()) };
    const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(LIMIT_MS)]);
    // The signature is for this receiver: nobody else is asked.
    const request = { method: 'POST', headers, body, signal, redirect: 'manual' } as const;
    const response = await fetch(webhook.url, request).catch((error: unknown) => {
      throw notTaken(name, `could not be reached: ${reasonOf(error)}`);
    });
    await response.body?.cancel();
    if (response.ok) return;
    throw notTaken(name, `answered with status ${response.status}`, response.status === GONE);
  };
}

/** Without its URL, which may have a secret. */
function notTaken(name: string, what: string, nonRetryable = false): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type: 'WebhookNotTaken',
    message: `webhook ${name} ${what}`,
    nonRetryable,
    category: ApplicationFailureCategory.BENIGN,
  });
  failure.stack = '';
  return failure;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason was given';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}
