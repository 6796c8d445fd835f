import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, requestOf, type ClientView } from './ask.js';
import type { AnswerCase } from './case-file.js';
import { compare, type KeptCall } from './compare.js';
import type { UpstreamPart } from './upstream.js';
import { fieldsOf } from './values.js';

/** So long a call may take to end after its client has got its answer. */
const ENDS_WITHIN_MS = 20_000;

/** Sends the request of a case and says what differs from what it wants. */
export async function runAnswer(one: AnswerCase, part: UpstreamPart, gatewayUrl: string): Promise<string[]> {
  const { request: { repeat = 1 } = {}, want } = one;
  const { requests: wantedRequests, ...wantedOfEach } = want;
  const lines: string[] = [];
  const asked = requestOf(one, gatewayUrl);
  for (let time = 1; time <= repeat && lines.length === 0; time += 1) {
    const keyed =
      want.rejoin === true ? { ...asked, headers: { ...asked.headers, 'idempotency-key': randomUUID() } } : asked;
    const client = await ask(keyed, () => part.clientSawContent());
    const kept = await keptCall(client, gatewayUrl);
    const rejoined = want.rejoin === true ? await ask(keyed, () => undefined) : null;
    const observed = { client, kept, rejoined, requests: part.requests, expiredHolds: part.expiredHolds };
    const isLast = time === repeat;
    const wanted = { ...wantedOfEach, ...(isLast && wantedRequests !== undefined && { requests: wantedRequests }) };
    const which = repeat > 1 ? `request ${time}: ` : '';
    lines.push(...compare(wanted, observed).map((line) => `${which}${line}`));
  }
  return lines;
}

async function keptCall({ callId }: ClientView, gatewayUrl: string): Promise<KeptCall | null> {
  if (callId === null) return null;
  for (const endMs = Date.now() + ENDS_WITHIN_MS; ; await sleep(50)) {
    const found = await fetch(`${gatewayUrl}/holdfast/calls/${callId}`);
    if (!found.ok) return null;
    const { state, report, response } = fieldsOf(await found.json());
    if (state !== 'running' || Date.now() > endMs) return { state: String(state), report, response };
  }
}
