import type { ProviderHeaders } from '../core/common/provider-headers.js';
import type { ProviderEvent, StreamedAttempt, StreamPart } from '../core/call/stream-part.js';
import { PartQueue } from './part-queue.js';
import type { StreamedCall, StreamTransport, StreamWriter } from './stream-transport.js';

/** Streams within one process: from its worker to its gateway. */
export class LocalStreams implements StreamTransport {
  private readonly readers = new Map<string, PartQueue>();
  /** Attempts under way in this process, by the run of their call. */
  private readonly attempts = new Map<string, number>();

  writer({ runId }: StreamedCall, of: StreamedAttempt): LocalWriter {
    this.count(runId, 1);
    return new LocalWriter(
      of,
      () => this.readers.get(runId),
      () => this.count(runId, -1),
    );
  }

  writerHere(call: StreamedCall, of: StreamedAttempt): LocalWriter {
    return this.writer(call, of);
  }

  read({ runId }: StreamedCall, signal: AbortSignal): AsyncGenerator<StreamPart, void> {
    const queue = new PartQueue(signal);
    this.readers.set(runId, queue);
    signal.addEventListener('abort', () => this.readers.delete(runId), { once: true });
    return queue.read();
  }

  /** Whether an attempt of the call is under way in this process. */
  isBusyWith({ runId }: StreamedCall): boolean {
    return this.attempts.has(runId);
  }

  private count(runId: string, change: 1 | -1): void {
    const count = (this.attempts.get(runId) ?? 0) + change;
    if (count === 0) this.attempts.delete(runId);
    else this.attempts.set(runId, count);
  }
}

export class LocalWriter implements StreamWriter {
  private readonly of: StreamedAttempt;
  private readonly find: () => PartQueue | undefined;
  private readonly onClose: () => void;
  /** The one that was there first: it may leave before the first content. */
  private reader: PartQueue | undefined;
  private isBegun = false;
  private isCut = false;

  constructor(of: StreamedAttempt, find: () => PartQueue | undefined, onClose: () => void) {
    this.of = of;
    this.find = find;
    this.onClose = onClose;
    this.reader = find();
  }

  /** Whether the call has, or had, a reader in this process. */
  get isRead(): boolean {
    this.reader ??= this.find();
    return this.reader !== undefined;
  }

  write(events: readonly ProviderEvent[], last: boolean, headers?: ProviderHeaders): void {
    // Who comes after the first content would see an answer without its begin.
    if (!this.isRead) this.isCut = true;
    if (this.isCut) return;
    this.isBegun = true;
    this.isCut = this.reader?.push({ of: this.of, events, last, ...(headers && { headers }) }) !== true;
  }

  /** Whoever has left reads no more; what is in the queue of a reader may be on its way to the client. */
  async withdraw(): Promise<boolean> {
    this.isCut = true;
    return !this.isBegun || this.reader?.isLeft === true;
  }

  async close(): Promise<void> {
    this.onClose();
  }
}
