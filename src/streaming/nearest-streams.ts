import { systemClock, type Clock } from '../clock.js';
import type { StreamedAttempt, StreamPart } from '../core/call/stream-part.js';
import type { LocalStreams } from './local-streams.js';
import { merge } from './merge.js';
import type { StreamedCall, StreamTransport, StreamWriter } from './stream-transport.js';

/** Tells of the attempt that a call makes now, or waits for; null: none is known. */
export type DescribeCall = (callId: string) => Promise<{
  readonly pending: { readonly state: string; readonly nextAttemptAt: Date | null } | null;
}>;

/** How often a reader looks who has the call, while this process has not. */
const FIRST_LOOK_MS = 1000;
const LONGEST_LOOK_MS = 5000;
/** An attempt that waits is not looked at before its time, but for this. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Streams of a process with a worker and a gateway: within the process wherever the attempt is made here, which costs
 * nothing; else through the workflow. An attempt may be made elsewhere when several such processes share a task queue.
 */
export class NearestStreams implements StreamTransport {
  private readonly local: LocalStreams;
  private readonly remote: StreamTransport;
  private readonly describe: DescribeCall;
  private readonly clock: Clock;

  constructor(local: LocalStreams, remote: StreamTransport, describe: DescribeCall, clock: Clock = systemClock) {
    this.local = local;
    this.remote = remote;
    this.describe = describe;
    this.clock = clock;
  }

  writer(call: StreamedCall, of: StreamedAttempt): StreamWriter {
    const here = this.local.writer(call, of);
    let elsewhere: StreamWriter | null = null;
    return {
      write: (events, last, headers) => {
        // Chosen with the first content: the reader may come after the attempt began.
        if (elsewhere === null && !here.isRead) {
          elsewhere = this.remote.writer(call, of);
          // A reader that comes later is to look there.
          void here.close();
        }
        (elsewhere ?? here).write(events, last, headers);
      },
      withdraw: () => (elsewhere ?? here).withdraw(),
      close: () => (elsewhere ?? here).close(),
    };
  }

  writerHere(call: StreamedCall, of: StreamedAttempt): StreamWriter {
    return this.local.writer(call, of);
  }

  async *read(call: StreamedCall, signal: AbortSignal): AsyncGenerator<StreamPart, void> {
    yield* merge(this.local.read(call, signal), this.readElsewhere(call, signal));
  }

  private async *readElsewhere(call: StreamedCall, signal: AbortSignal): AsyncGenerator<StreamPart, void> {
    if (await this.isTakenElsewhere(call, signal)) yield* this.remote.read(call, signal);
  }

  /** Waits until an attempt is made in another process. False: the signal fired before. */
  private async isTakenElsewhere(call: StreamedCall, signal: AbortSignal): Promise<boolean> {
    for (let pauseMs = FIRST_LOOK_MS; ;) {
      await this.clock.sleep(pauseMs, { signal }).catch(() => undefined);
      if (signal.aborted) return false;
      if (this.local.isBusyWith(call)) {
        pauseMs = FIRST_LOOK_MS;
        continue;
      }
      // Where the server is away, so is every way through it.
      const { pending } = await this.describe(call.callId).catch(() => ({ pending: null }));
      if (pending?.state === 'asking' && !this.local.isBusyWith(call)) return true;
      const waitMs = (pending?.nextAttemptAt?.getTime() ?? 0) - this.clock.now();
      pauseMs = waitMs > 0 ? Math.min(waitMs + FIRST_LOOK_MS, LONGEST_WAIT_MS) : Math.min(2 * pauseMs, LONGEST_LOOK_MS);
    }
  }
}
