import { settlesWithin, systemClock } from '../clock.js';
import type { ProviderHeaders } from '../core/common/provider-headers.js';
import type { ProviderEvent, StreamedAttempt } from '../core/call/stream-part.js';
import { packPart } from './packed-part.js';
import type { StreamWriter } from './stream-transport.js';

/**
 * Between two parts, at least; each costs about nine events of the call's history. The longer a stream lasts, the rarer
 * they get, so that a minute makes about 140 parts and ten minutes make 256.
 */
const SHORTEST_INTERVAL_MS = 200;
const LONGEST_INTERVAL_MS = 10_000;
const SHARE_OF_AGE = 1 / 50;

/** As much of one attempt is sent, packed: a history holds 50 MB, and has each part twice. A signal holds 2 MB. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_PART_BYTES = 256 * 1024;

/** So long an attempt that is over waits for its last parts to be taken. Its answer is on its way, too. */
const CLOSE_WITHIN_MS = 2000;

/**
 * So long an attempt that has failed waits to hear whether somebody has read of it; then it counts as read. While the server
 * is away it cannot tell of its failure anyway.
 */
const WITHDRAW_WITHIN_MS = 60_000;

interface Publisher {
  send(packed: Uint8Array): void;
  /** Settles when all was taken. */
  end(): Promise<void>;
  /** Has the parts forgotten that were sent, where nobody has read one. False: somebody has, or nothing was heard in time. */
  withdraw(withinMs: number): Promise<boolean>;
}

/** One attempt's events, gathered into parts. The first goes out at once: somebody waits for it. */
export class PublishedStream implements StreamWriter {
  private readonly of: StreamedAttempt;
  private readonly publisher: Publisher;
  private events: ProviderEvent[] = [];
  private bytesLeft = MAX_BYTES;
  private begunMs: number | null = null;
  private isSent = false;
  private headers: ProviderHeaders | undefined;
  private timer: NodeJS.Timeout | null = null;

  constructor(of: StreamedAttempt, publisher: Publisher) {
    this.of = of;
    this.publisher = publisher;
  }

  write(events: readonly ProviderEvent[], last: boolean, headers?: ProviderHeaders): void {
    if (this.bytesLeft <= 0) return;
    this.events.push(...events);
    const isFirst = this.begunMs === null;
    this.begunMs ??= performance.now();
    // One part with them is enough.
    if (isFirst) this.headers = headers;
    if (isFirst || last) this.send(last);
    else this.timer ??= setTimeout(() => this.send(false), intervalMs(performance.now() - this.begunMs));
  }

  async withdraw(): Promise<boolean> {
    this.stopTimer();
    this.events = [];
    this.bytesLeft = 0;
    if (!this.isSent) return true;
    await settlesWithin(systemClock, this.publisher.end(), CLOSE_WITHIN_MS, { ref: false });
    return this.publisher.withdraw(WITHDRAW_WITHIN_MS).catch(() => false);
  }

  async close(): Promise<void> {
    if (this.events.length > 0) this.send(false);
    await settlesWithin(systemClock, this.publisher.end(), CLOSE_WITHIN_MS, { ref: false });
  }

  private send(last: boolean): void {
    this.stopTimer();
    const { of, events, headers } = this;
    const packed = packPart({ of, events, last, ...(headers && { headers }) });
    this.events = [];
    this.headers = undefined;
    this.bytesLeft = packed.byteLength > MAX_PART_BYTES ? 0 : this.bytesLeft - packed.byteLength;
    if (this.bytesLeft <= 0) return;
    this.isSent = true;
    this.publisher.send(packed);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

function intervalMs(ageMs: number): number {
  return Math.min(Math.max(SHORTEST_INTERVAL_MS, ageMs * SHARE_OF_AGE), LONGEST_INTERVAL_MS);
}
