import type { IncomingHttpHeaders } from 'node:http';
import { problemOfWebhook } from '../core/plan/webhooks.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { Refusal } from './refusal.js';

export const WEBHOOK_HEADER = 'x-holdfast-webhook';

/**
 * The webhook that a request names, for its call or its batch.
 * @throws Refusal where the config has none of that name
 */
export function namedWebhook(headers: IncomingHttpHeaders, { webhooks = [] }: RoutingConfig): string | undefined {
  const named = headers[WEBHOOK_HEADER]?.toString();
  const problem = problemOfWebhook(webhooks, named);
  if (problem === null) return named;
  throw new Refusal({ kind: 'BadRequestError', message: `${WEBHOOK_HEADER}: ${problem}` });
}
