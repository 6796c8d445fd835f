import type { ProviderHeaders } from '../core/common/provider-headers.js';
import type { ProviderEvent, StreamedAttempt, StreamPart } from '../core/call/stream-part.js';

/** One run of a call. A call that failed and is asked for again has another. */
export interface StreamedCall {
  readonly callId: string;
  readonly runId: string;
}

/** Takes the events of one attempt. */
export interface StreamWriter {
  /**
   * Passes events on. Never waits and never fails: the answer goes before its stream, so what cannot be passed on is left
   * out, to the end of the attempt.
   * @param last - whether these are the last events of an answer that is whole
   * @param headers - of the response that they are from
   */
  write(events: readonly ProviderEvent[], last: boolean, headers?: ProviderHeaders): void;
  /**
   * Takes back what was written, and takes nothing more: the attempt has failed. False: somebody has read of it, or may
   * have. True: nobody has, and nobody will. Never fails.
   */
  withdraw(): Promise<boolean>;
  /** The attempt is over. Settles when the events are on their way, or after a moment. Never fails. */
  close(): Promise<void>;
}

/**
 * The way of a streamed answer from the worker that makes the attempt to whoever started the call and reads along.
 * - The parts of an attempt come in order, each once; what is missing is missing at the end.
 * - Memory is bounded: a reader that is too slow misses the rest of the attempt.
 * - The answer of the call is whole in any case: a reader that misses something takes it from there.
 */
export interface StreamTransport {
  writer(call: StreamedCall, of: StreamedAttempt): StreamWriter;
  /**
   * The same for the first attempt of a call that this process has just started: nobody elsewhere reads it, and its workflow is
   * to hear of nothing before its first task is answered.
   */
  writerHere(call: StreamedCall, of: StreamedAttempt): StreamWriter;
  /**
   * The parts that come from now on. Ends when the signal fires, which it must in the end; may end when the call has ended.
   * Never fails.
   */
  read(call: StreamedCall, signal: AbortSignal): AsyncGenerator<StreamPart, void>;
}
