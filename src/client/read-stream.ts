import type { CallResult } from '../core/call/call-types.js';
import type { StreamPart } from '../core/call/stream-part.js';
import { partsUntilEnd } from '../streaming/parts-until-end.js';
import { ReadAnswer, StreamCut, type Piece, type ReadOptions } from '../streaming/read-answer.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import type { CallHandle } from './call-handle.js';
import { callError } from './errors.js';
import type { StreamAttempt, StreamChunks, StreamedOperation } from './stream-events.js';

/** An event whose chunk and answer are of any operation: what is typed, is the caller's to say. */
export type AnyStreamEvent =
  | ({ readonly type: 'attempt'; readonly callId: string; readonly insteadOf: StreamAttempt | null } & StreamAttempt)
  | { readonly type: 'chunk'; readonly chunk: StreamChunks[StreamedOperation] }
  | ({ readonly type: 'end'; readonly callId: string } & CallResult);

/**
 * Reads the answer of a call along. Who joined the call gets the whole answer when it is there.
 * @throws CallError as `result()` does; AttemptsLostError where the stream cannot be told on, while the call goes on
 */
export async function* readStream(
  handle: CallHandle,
  transport: Pick<StreamTransport, 'read'>,
  { signal, ...options }: ReadOptions & { readonly signal?: AbortSignal | undefined },
): AsyncGenerator<AnyStreamEvent, void> {
  const { callId, startedRunId: runId } = handle;
  const answer = new ReadAnswer(options);
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const result = handle.result({ signal: stop });
    const parts = runId === null ? nothing() : transport.read({ callId, runId }, stop);
    for await (const part of partsUntilEnd(parts, result, () => answer.isUnfinished)) {
      yield* eventsOf(answer.take(part), callId);
    }
    const ended = await result;
    yield* eventsOf(answer.finish(ended), callId);
    yield { type: 'end', callId, ...ended };
  } catch (error) {
    if (!(error instanceof StreamCut)) throw error;
    const message = `the stream of call ${callId} was cut: ${error.message}. The whole answer: handle("${callId}").result()`;
    throw callError({ kind: 'AttemptsLostError', message, callId, cause: error });
  } finally {
    over.abort();
  }
}

function* eventsOf(piece: Piece | null, callId: string): Generator<AnyStreamEvent, void> {
  if (piece === null) return;
  const { begins, events } = piece;
  if (begins !== undefined) yield { type: 'attempt', callId, ...begins.attempt, insteadOf: begins.insteadOf };
  for (const { data } of events) yield { type: 'chunk', chunk: JSON.parse(data) as StreamChunks[StreamedOperation] };
}

async function* nothing(): AsyncGenerator<StreamPart, void> {}
