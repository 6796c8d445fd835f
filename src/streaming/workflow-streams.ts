import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import { WITHDRAW_PARTS, type StreamedAttempt, type StreamPart } from '../core/call/stream-part.js';
import { unpackPart } from './packed-part.js';
import { PublishedStream } from './published-stream.js';
import type { StreamedCall, StreamTransport, StreamWriter } from './stream-transport.js';

const TOPIC = 'parts';

/** The publisher sends what we give it at once; this is how long it waits to send again what the server did not take. */
const SEND_AGAIN_MS = 1000;

/** A server that was away may never answer what it was asked before. */
const ASK_WITHIN_MS = 10_000;

/** Pauses of a reader that the server, or the call, does not answer. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/**
 * Streams through the workflow of the call, for a worker and a gateway in two processes: parts are signals to it, and a
 * reader polls it by updates. Both are events of its history, so parts are few and packed. The workflow must host the
 * stream: see `LlmCallInput.stream`.
 */
export class WorkflowStreams implements StreamTransport {
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  writer(call: StreamedCall, of: StreamedAttempt): StreamWriter {
    const stream = this.streamOf(call);
    const topic = stream.topic<Uint8Array>(TOPIC);
    return new PublishedStream(of, {
      send: (packed) => topic.publish(packed, { forceFlush: true }),
      end: () => stream[Symbol.asyncDispose](),
      withdraw: (withinMs) => this.withdraw(call, withinMs),
    });
  }

  /** Nobody reads in this process. */
  writerHere(): StreamWriter {
    return { write: () => undefined, withdraw: async () => true, close: async () => undefined };
  }

  async *read(call: StreamedCall, signal: AbortSignal): AsyncGenerator<StreamPart, void> {
    let run = call;
    let offset = 0;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      // A poll waits at the server, and there are no more parts than the publisher makes.
      const items = this.streamOf(run).topic<Uint8Array>(TOPIC).subscribe(offset, { pollCooldown: 0 });
      let isOver = false;
      try {
        for (;;) {
          const next = await this.client.withAbortSignal(signal, () => items.next());
          isOver = next.done === true;
          if (next.done === true) break;
          offset = next.value.offset + 1;
          pauseMs = FIRST_PAUSE_MS;
          const part = unpackPart(next.value.data);
          yield part;
          if (part.last) return;
        }
      } catch {
        // The server is away, or has too many readers of this call. The answer is known without the stream.
      }
      if (signal.aborted) return;
      const later = await this.runAfterReset(run, signal);
      if (later !== null) [run, offset] = [later, 0];
      else if (isOver) return;
      else await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** `temporal workflow reset` ends a run, and has another one go on: null where nobody did. */
  private async runAfterReset(run: StreamedCall, signal: AbortSignal): Promise<StreamedCall | null> {
    try {
      const { raw } = await this.client.withAbortSignal(signal, () => this.handleOf(run).describe());
      const runId = raw.workflowExtendedInfo?.resetRunId;
      return runId ? { ...run, runId } : null;
    } catch {
      return null;
    }
  }

  /** Asks again while the server is away: who asks twice gets the same answer. */
  private async withdraw(call: StreamedCall, withinMs: number): Promise<boolean> {
    const endMs = performance.now() + withinMs;
    const ask = () => this.handleOf(call).executeUpdate<boolean, []>(WITHDRAW_PARTS);
    for (;;) {
      const leftMs = endMs - performance.now();
      try {
        return await this.client.withAbortSignal(AbortSignal.timeout(Math.min(leftMs, ASK_WITHIN_MS)), ask);
      } catch (error) {
        const isOver = error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError;
        if (isOver || performance.now() + SEND_AGAIN_MS > endMs) return false;
        await sleep(SEND_AGAIN_MS);
      }
    }
  }

  /** Of this run, and of no later one; a call that was read before it had a workflow has one run. */
  private handleOf({ callId, runId }: StreamedCall): WorkflowHandle {
    return this.client.workflow.getHandle(callId, runId === callId ? undefined : runId);
  }

  private streamOf(call: StreamedCall): WorkflowStreamClient {
    return new WorkflowStreamClient(this.handleOf(call), { batchInterval: SEND_AGAIN_MS });
  }
}
