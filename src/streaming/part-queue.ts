import type { StreamPart } from '../core/call/stream-part.js';

/** A reader that lags so much behind is not waited for: about a thousand chunks. */
const MAX_CHARS = 262_144;

/** Parts on their way to a reader in the same process. */
export class PartQueue {
  private readonly signal: AbortSignal;
  private readonly parts: StreamPart[] = [];
  private size = 0;
  private wake: () => void = () => undefined;

  /** @param signal - fires when the reader has gone */
  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  /** Whether its reader has gone. */
  get isLeft(): boolean {
    return this.signal.aborted;
  }

  /** False: there is no room. A part that is too large for an empty queue is taken. */
  push(part: StreamPart): boolean {
    const size = sizeOf(part);
    if (this.isLeft || (this.size > 0 && this.size + size > MAX_CHARS)) return false;
    this.parts.push(part);
    this.size += size;
    this.wake();
    return true;
  }

  /** The parts as they come, until the reader has gone. */
  async *read(): AsyncGenerator<StreamPart, void> {
    while (!this.isLeft) {
      const part = this.parts.shift();
      if (part === undefined) {
        await new Promise<void>((resolve) => (this.wake = resolve));
      } else {
        this.size -= sizeOf(part);
        yield part;
      }
    }
  }
}

function sizeOf({ events }: StreamPart): number {
  return events.reduce((sum, { data }) => sum + data.length, 0);
}
