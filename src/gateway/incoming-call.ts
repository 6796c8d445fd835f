import type { IncomingHttpHeaders } from 'node:http';
import type { ForwardedHeaders } from '../core/call/call-types.js';
import { deploymentsFor } from '../core/fallbacks/fallback-reach.js';
import type { AllowedGroups } from '../core/plan/allowed-groups.js';
import { forwardedHeaders } from '../core/plan/forwarded-headers.js';
import type { Ceilings } from '../core/plan/settings.js';
import type { LoadedConfig } from '../config/index.js';
import { DURABILITIES, type Durability } from '../core/call/durability.js';
import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import type { Timing } from '../client/timing.js';
import { timingIn } from './call-timing.js';
import type { Caller } from './callers.js';
import { clientTimeoutOf, type ClientTimeout } from './client-timeout.js';
import { defaultModel } from './default-model.js';
import { idempotencyHash } from './idempotency-key.js';
import { namedWebhook } from './named-webhook.js';
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
  readonly ceilings: Ceilings | undefined;
  readonly allowed: AllowedGroups;
  readonly onDisconnect: OnDisconnect;
  /** Those of the caller that go to the provider. */
  readonly headers: ForwardedHeaders | undefined;
  /** Whether the config of this gateway has the model. */
  readonly isKnownModel: boolean;
  /** Null where its client is not known to send it again, or a key leads to the call anyway. */
  readonly clientTimeout: ClientTimeout | null;
  readonly durability: Durability;
  readonly timing: Timing;
  /** The webhook that is told of it. */
  readonly webhook: string | undefined;
}

/** @param model - the model group that the path names; it wins over the body. @default the path names none */
export function incomingCall(
  operation: Operation,
  { headers, body, caller }: { headers: IncomingHttpHeaders; body: unknown; caller: Caller },
  { routing, gateway }: Pick<LoadedConfig, 'routing' | 'gateway'>,
  model?: string,
): IncomingCall {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const named = model ?? (isObject && 'model' in body ? undefined : defaultModel(operation, routing));
  const settings = { ...settingsInHeaders(headers), ...(named !== undefined && { model: named }) };
  const onDisconnect = oneOf(headers, 'x-holdfast-on-disconnect', ON_DISCONNECT);
  const hash = idempotencyHash(headers, caller);
  const callId = hash && `call-${hash.slice(0, 40)}`;
  const request: unknown = isObject ? { ...body, ...settings } : body;
  const group = isObject ? (named ?? ('model' in body ? body.model : undefined)) : undefined;
  return {
    operation,
    request,
    callId,
    owner: caller.id,
    headers: forwardedHeaders(headers, [...(gateway.forwardedHeaders ?? []), ...headersOf(operation)]),
    ceilings: caller.ceilings,
    allowed: caller.models,
    isKnownModel: typeof group === 'string' && deploymentsFor(routing, { group }) !== null,
    onDisconnect: onDisconnect ?? (callId === undefined ? 'cancel' : 'detach'),
    timing: timingIn(headers),
    webhook: namedWebhook(headers, routing),
    clientTimeout:
      callId === undefined && onDisconnect === undefined ? clientTimeoutOf(headers, performance.now()) : null,
    durability:
      oneOf(headers, 'x-holdfast-durability', DURABILITIES) ?? caller.durability ?? gateway.durability ?? 'always',
  };
}

function headersOf(operation: Operation): readonly string[] {
  const { headers = [] }: OperationRow = OPERATIONS[operation];
  return headers;
}

/** What a header says of the words it may; undefined without it. */
function oneOf<Word extends string>(
  headers: IncomingHttpHeaders,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const given = headers[name];
  if (given === undefined) return undefined;
  const known = words.find((each) => each === given);
  if (known !== undefined) return known;
  throw new Refusal({ kind: 'BadRequestError', message: `${name}: expected ${words.join(' or ')}` });
}
