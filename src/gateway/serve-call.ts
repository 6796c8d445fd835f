import type { FastifyReply } from 'fastify';
import type { CallHandle } from '../client/call-handle.js';
import { isCallError } from '../client/errors.js';
import type { CallRequest } from '../client/request-types.js';
import type { Operation } from '../core/common/operations.js';
import { responseHeaders } from '../core/call/response-headers.js';
import { addHeaders } from './add-headers.js';
import type { GatewayContext } from './context.js';
import { Disconnected } from './disconnects.js';
import type { IncomingCall } from './incoming-call.js';
import { Refusal } from './refusal.js';

/**
 * Runs a call, or joins it. Returns the provider's answer, unchanged; what the call has been through is in the headers.
 * @throws CallError, Refusal, TemporalUnavailableError
 */
export async function serveCall(gateway: GatewayContext, call: IncomingCall, reply: FastifyReply): Promise<unknown> {
  const { operation, request, callId, owner, isKnownModel } = call;
  const options = { operation, idempotencyKey: callId, owner, isKnownModel };
  const handle = await gateway.client.start<Operation>(request as CallRequest<Operation>, options);
  const signal = gateway.disconnects.signalFor(reply.raw, handle.callId);
  try {
    const { response, report } = await gateway.waits.result(handle, signal);
    gateway.metrics.callEnded(report);
    addHeaders(reply, responseHeaders({ callId: handle.callId, report, failed: false }));
    return response;
  } catch (error) {
    if (error instanceof Disconnected) return leave(gateway, handle, call, error);
    if (isCallError(error)) gateway.metrics.callEnded(error.report);
    throw error;
  }
}

/** Nobody waits for the call any more: it is cancelled, or goes on for whoever asks for it again. */
export async function leave(
  { log, running }: GatewayContext,
  handle: CallHandle,
  { callId: keyedId, onDisconnect }: IncomingCall,
  disconnected: Disconnected,
): Promise<never> {
  const { callId } = handle;
  if (onDisconnect === 'cancel') {
    try {
      await running.cancel(callId, () => handle.cancel());
    } catch (error) {
      log.warn({ callId, error: String(error) }, 'a call whose client went away could not be cancelled');
    }
  }
  if (disconnected.of === 'client') throw disconnected;
  const isKept = keyedId !== undefined && onDisconnect === 'detach';
  throw new Refusal({
    kind: 'ServiceUnavailableError',
    message:
      `this gateway is being stopped; call ${callId} ${onDisconnect === 'cancel' ? 'was cancelled' : 'goes on'}` +
      (isKept ? '. Send the same request with the same Idempotency-Key again' : ''),
    callId,
    ...(isKept ? { askAgain: true, retryAfterSeconds: 1 } : {}),
  });
}
