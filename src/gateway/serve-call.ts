import type { FastifyReply } from 'fastify';
import type { CallHandle } from '../client/call-handle.js';
import { isCallError } from '../client/errors.js';
import type { CallRequest } from '../client/request-types.js';
import type { Operation } from '../core/common/operations.js';
import { responseHeaders } from '../core/call/response-headers.js';
import type { StreamOptions } from '../core/call/stream-part.js';
import { addHeaders } from './add-headers.js';
import { deferredAnswer, isDeferred } from './call-timing.js';
import type { GatewayContext } from './context.js';
import { Disconnected } from './disconnects.js';
import type { IncomingCall } from './incoming-call.js';
import { Refusal } from './refusal.js';

/**
 * Runs a call, or joins it. Returns the provider's answer, unchanged; what the call has been through is in the headers.
 * @throws CallError, Refusal, TemporalUnavailableError
 */
export async function serveCall(gateway: GatewayContext, call: IncomingCall, reply: FastifyReply): Promise<unknown> {
  const handle = await startOrJoin(gateway, call);
  const later = isDeferred(call.timing) ? await deferredAnswer(handle, reply) : null;
  if (later !== null) return later;
  const signal = gateway.disconnects.signalFor(reply.raw, handle.callId);
  try {
    const { response, report } = await gateway.waits.result(handle, signal);
    addHeaders(reply, responseHeaders({ callId: handle.callId, report, failed: false }));
    return response;
  } catch (error) {
    if (error instanceof Disconnected) return leave(gateway, handle, call, error);
    throw error;
  }
}

/** So long a gateway that stops waits for Temporal's word that a call is cancelled. */
const CANCEL_WITHIN_MS = 500;

/** The call of a request: a new one, that of its key, or the one whose client has come back. */
export async function startOrJoin(
  { client, abandoned, disconnects }: GatewayContext,
  call: IncomingCall,
  stream?: StreamOptions,
): Promise<CallHandle> {
  const known = abandoned.take(call);
  if (known !== null) return client.handle(known);
  const { operation, request, callId, owner, headers, isKnownModel, ceilings, allowed, durability, webhook, timing } =
    call;
  const signal = disconnects.gatewayLeaves;
  const options = {
    operation,
    idempotencyKey: callId,
    owner,
    headers,
    isKnownModel,
    ceilings,
    allowed,
    durability,
    webhook,
    ...timing,
    stream,
    signal,
  };
  return client.start<Operation>(request as CallRequest<Operation>, options);
}

/**
 * Nobody waits for the call any more: it is cancelled, or goes on for whoever asks for it again.
 * @param hasBegun - whether the client had got a part of the response: then it does not send its request again
 */
export async function leave(
  gateway: GatewayContext,
  handle: CallHandle,
  call: IncomingCall,
  disconnected: Disconnected,
  hasBegun = false,
): Promise<never> {
  const { log, running, abandoned } = gateway;
  const { callId } = handle;
  const { callId: keyedId, onDisconnect } = call;
  const cancel = async (): Promise<boolean> => {
    try {
      const why = disconnected.of === 'client' ? 'the client went away' : 'the gateway stops';
      await running.cancel(callId, () => handle.cancel({ by: 'the gateway', why }));
      return true;
    } catch (error) {
      // It has ended meanwhile.
      if (isCallError(error) && error.kind === 'NotFoundError') return true;
      log.warn({ callId, error: String(error) }, 'a call whose client went away could not be cancelled');
      return false;
    }
  };
  // A call that may have no workflow yet cannot be joined.
  const mayComeBack =
    call.durability === 'always' &&
    disconnected.of === 'client' &&
    !hasBegun &&
    !gateway.isStopping() &&
    abandoned.keep(call, callId, async () => void (await cancel()));
  const cancelled = onDisconnect === 'cancel' && !mayComeBack ? cancel() : null;
  if (disconnected.of === 'client') {
    await cancelled;
    throw disconnected;
  }
  // A server that is away may hear of it late, or never, and the client is to be answered.
  const late = gateway.clock.sleep(CANCEL_WITHIN_MS, { ref: false });
  const isCancelled = await Promise.race([cancelled, late]);
  const isKept = keyedId !== undefined && onDisconnect === 'detach';
  throw new Refusal({
    kind: 'ServiceUnavailableError',
    message:
      `this gateway is being stopped; call ${callId} ${isCancelled === true ? 'was cancelled' : 'goes on'}` +
      (isKept ? '. Send the same request with the same Idempotency-Key again' : ''),
    callId,
    ...(isKept ? { askAgain: true, retryAfterSeconds: 1 } : {}),
  });
}
