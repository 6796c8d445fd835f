import type { FastifyReply } from 'fastify';
import type { CallHandle } from '../client/call-handle.js';
import type { CallResult } from '../core/call/call-types.js';
import type { StreamPart, StreamOptions } from '../core/call/stream-part.js';
import { fieldsOf } from '../core/common/fields.js';
import { partsUntilEnd } from '../streaming/parts-until-end.js';
import { AnswerStream } from './answer-stream.js';
import type { GatewayContext } from './context.js';
import { Disconnected } from './disconnects.js';
import { errorAnswer } from './error-answer.js';
import type { IncomingCall } from './incoming-call.js';
import { leave, startOrJoin } from './serve-call.js';

/**
 * Runs a call, or joins it, and streams its answer. Whoever starts it reads along; whoever joins it, or comes when it is
 * over, gets the whole answer as a stream when it is there.
 * @throws CallError, Refusal, TemporalUnavailableError, as long as the response has not begun
 */
export async function streamCall(
  gateway: GatewayContext,
  call: IncomingCall,
  streamOptions: StreamOptions,
  reply: FastifyReply,
): Promise<void> {
  const startedMs = performance.now();
  const { operation, request, callId: idempotencyKey } = call;
  const handle = await startOrJoin(gateway, call, streamOptions);
  const signal = gateway.disconnects.signalFor(reply.raw, handle.callId);
  const answer = new AnswerStream(reply, {
    callId: handle.callId,
    operation,
    mayRestart: streamOptions.restart,
    showsUsage: fieldsOf(fieldsOf(request)['stream_options'])['include_usage'] === true,
    keepAliveMs: gateway.config.gateway.keepAliveMs,
    onFirstContent: (group) => {
      if (handle.startedRunId !== null) gateway.metrics.firstToken(group, performance.now() - startedMs);
    },
  });
  try {
    await follow(gateway, handle, answer, signal);
  } catch (error) {
    const outcome =
      error instanceof Disconnected ? await leave(gateway, handle, call, error, answer.isOpen).catch(asIs) : error;
    if (!answer.isOpen) throw outcome;
    if (outcome instanceof Disconnected) return;
    if (errorAnswer(outcome).unexpected) {
      gateway.log.error({ callId: handle.callId, error: outcome }, 'a stream failed unexpectedly');
    }
    await answer.fail(outcome, { repeatable: idempotencyKey !== undefined });
  } finally {
    answer.close();
  }
}

function asIs(error: unknown): unknown {
  return error;
}

/** Sends the stream on until the call has ended, and then its end. */
async function follow(
  { streams, waits }: GatewayContext,
  handle: CallHandle,
  answer: AnswerStream,
  signal: AbortSignal,
): Promise<CallResult> {
  const { callId, startedRunId: runId } = handle;
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  try {
    const result = waits.result(handle, stop);
    const parts = runId === null ? nothing() : streams.read({ callId, runId }, stop);
    for await (const part of partsUntilEnd(parts, result, () => answer.isUnfinished)) await answer.take(part);
    const ended = await result;
    await answer.finish(ended);
    return ended;
  } finally {
    over.abort();
  }
}

async function* nothing(): AsyncGenerator<StreamPart, void> {}
