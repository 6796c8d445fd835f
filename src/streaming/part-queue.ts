import type { StreamPart } from '../core/stream-part.js';

/** A reader that lags so much behind is not waited for: about a thousand chunks. */
const MAX_CHARS = 262_144;

/** Parts on their way to a reader in the same process. */
export class PartQueue {
  private parts: StreamPart[] = [];
  private size = 0;
  private wake: () => void = () => undefined;

  /** False: there is no room. A part that is too large for an empty queue is taken. */
  push(part: StreamPart): boolean {
    const size = sizeOf(part);
    if (this.size > 0 && this.size + size > MAX_CHARS) return false;
    this.parts.push(part);
    this.size += size;
    this.wake();
    return true;
  }

  /** The parts as they come, until the signal fires. */
  async *read(signal: AbortSignal): AsyncGenerator<StreamPart, void> {
    const onAbort = () => this.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const part = this.parts.shift();
        if (part === undefined) {
          await new Promise<void>((resolve) => (this.wake = resolve));
        } else {
          this.size -= sizeOf(part);
          yield part;
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

function sizeOf({ events }: StreamPart): number {
  return events.reduce((sum, { data }) => sum + data.length, 0);
}
