import { createHmac } from 'node:crypto';

/** The headers of a message by Standard Webhooks (https://www.standardwebhooks.com): its id, when it is sent, and who sends it. */
export function signedHeaders(
  secret: Uint8Array,
  { id, body }: { readonly id: string; readonly body: string },
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1000);
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
