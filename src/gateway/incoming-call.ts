import type { IncomingHttpHeaders } from 'node:http';
import { deploymentsFor } from '../core/fallbacks/fallback-reach.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import type { Operation } from '../core/common/operations.js';
import type { Caller } from './callers.js';
import { defaultModel } from './default-model.js';
import { idempotencyHash } from './idempotency-key.js';
import { Refusal } from './refusal.js';
import { settingsInHeaders } from './request-settings.js';

/** What becomes of a call when its client goes away. */
const ON_DISCONNECT = ['cancel', 'detach'] as const;
type OnDisconnect = (typeof ON_DISCONNECT)[number];

/** A call as HTTP brought it. Its request is checked when it is started. */
export interface IncomingCall {
  readonly operation: Operation;
  readonly request: unknown;
  /** The id that the client's Idempotency-Key leads to; undefined without one. */
  readonly callId: string | undefined;
  readonly owner: string;
  readonly onDisconnect: OnDisconnect;
  /** Whether the config of this gateway has the model. */
  readonly isKnownModel: boolean;
}

/** @param model - the model group that the path names; it wins over the body. @default the path names none */
export function incomingCall(
  operation: Operation,
  { headers, body, caller }: { headers: IncomingHttpHeaders; body: unknown; caller: Caller },
  routing: RoutingConfig,
  model?: string,
): IncomingCall {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const named = model ?? (isObject && 'model' in body ? undefined : defaultModel(operation, routing));
  const settings = { ...settingsInHeaders(headers), ...(named !== undefined && { model: named }) };
  const hash = idempotencyHash(headers, caller);
  const callId = hash && `call-${hash.slice(0, 40)}`;
  const request: unknown = isObject ? { ...body, ...settings } : body;
  const group = isObject ? (named ?? ('model' in body ? body.model : undefined)) : undefined;
  return {
    operation,
    request,
    callId,
    owner: caller.id,
    isKnownModel: typeof group === 'string' && deploymentsFor(routing, { group }) !== null,
    onDisconnect: onDisconnectOf(headers) ?? (callId === undefined ? 'cancel' : 'detach'),
  };
}

function onDisconnectOf(headers: IncomingHttpHeaders): OnDisconnect | undefined {
  const given = headers['x-holdfast-on-disconnect'];
  if (given === undefined) return undefined;
  const known = ON_DISCONNECT.find((each) => each === given);
  if (known !== undefined) return known;
  throw new Refusal({
    kind: 'BadRequestError',
    message: `x-holdfast-on-disconnect: expected ${ON_DISCONNECT.join(' or ')}`,
  });
}
