/** What webhooks are told of. */
export const WEBHOOK_EVENTS = ['call.ended', 'call.gated', 'call.paused', 'batch.ended', 'batch.paused'] as const;

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** A webhook as the rules see it. Where it leads, and its secret, stay on the workers. */
export interface WebhookRule {
  readonly name: string;
  /** What it is told of all calls and batches; of those that name it, it is told everything. */
  readonly events: readonly WebhookEvent[];
}

/** The names of the webhooks that are told of an event; absent: none. */
export type WebhookTargets = { readonly [event in WebhookEvent]?: readonly string[] };

/** One message to one webhook. */
export interface WebhookDelivery {
  /** The name of the webhook. */
  readonly name: string;
  /** The same however often it is sent. */
  readonly id: string;
  /** JSON, as it is signed and sent. */
  readonly body: string;
}

/**
 * How one message is sent until it is taken, in milliseconds: for three days. Temporal's retries, so that no receiver that
 * was down for a while, and no worker that was lost, leaves one out.
 */
export const SENDING = {
  startToCloseTimeout: 30_000,
  scheduleToCloseTimeout: 3 * 24 * 3_600_000,
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 600_000 },
} as const;

/**
 * Who is told what of a call or a batch, for its plan.
 * @param named - the webhook that its request names, which is told everything
 */
export function toldOf(
  rules: readonly WebhookRule[],
  named: string | undefined,
): { readonly webhooks?: WebhookTargets } {
  const targets: { [event in WebhookEvent]?: string[] } = {};
  for (const event of WEBHOOK_EVENTS) {
    const names = rules.filter(({ name, events }) => name === named || events.includes(event)).map(({ name }) => name);
    if (names.length > 0) targets[event] = names;
  }
  return Object.keys(targets).length > 0 ? { webhooks: targets } : {};
}

/** What a name means; undefined: nothing. Rows of a batch go on without a webhook that was taken out of the config since. */
export function webhookThere(rules: readonly WebhookRule[], named: string | undefined): string | undefined {
  return rules.find(({ name }) => name === named)?.name;
}

/** Why a request cannot name a webhook; null: it can. */
export function problemOfWebhook(rules: readonly WebhookRule[], named: string | undefined): string | null {
  if (named === undefined || webhookThere(rules, named) !== undefined) return null;
  return `there is no webhook ${JSON.stringify(named)} in the config`;
}
