import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Caller } from './callers.js';
import { Refusal } from './refusal.js';

const MAX_KEY_LENGTH = 255;

/**
 * What ids are made of where the client gave an Idempotency-Key; undefined without one. One key of one caller is one
 * thing. Callers cannot meet: the id of their API key is a part of it.
 */
export function idempotencyHash(headers: IncomingHttpHeaders, { id }: Caller): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH) throw notOneKey();
  return createHash('sha256')
    .update(JSON.stringify([id, key]))
    .digest('hex');
}

/** Refuses a request with several keys: Node joins them, and the join is a key that nobody gave. */
export function mustHaveOneKeyAtMost({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): void {
  // Names and values in turn.
  const isKey = (text: string, index: number) => index % 2 === 0 && text.toLowerCase() === 'idempotency-key';
  if (rawHeaders.filter(isKey).length > 1) throw notOneKey();
}

function notOneKey(): Refusal {
  return new Refusal({
    kind: 'BadRequestError',
    message: `Idempotency-Key: must be given once, and have 1 to ${MAX_KEY_LENGTH} characters`,
  });
}
