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

/**
 * One attempt's events, gathered into parts. The first goes out at once: somebody waits for it. What an attempt before it has
 * left, which was lost with its worker, goes first, where nobody has read of that.
 */
export class PublishedStream implements StreamWriter {
  private readonly of: StreamedAttempt;
  private readonly publisher: Publisher;
  private events: ProviderEvent[] = [];
  private bytesLeft = MAX_BYTES;
  private begunMs: number | null = null;
  /** Settles when what was sent so far is the publisher's; null: nothing was. Never rejects. */
  private sent: Promise<unknown> | null = null;
  private isPublished = false;
  private isWithdrawn = false;
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
    this.isWithdrawn = true;
    await this.end();
    return !this.isPublished || this.takeBack();
  }

  async close(): Promise<void> {
    if (this.events.length > 0) this.send(false);
    await this.end();
  }

  private async end(): Promise<void> {
    const ended = Promise.resolve(this.sent).then(() => this.publisher.end());
    await settlesWithin(systemClock, ended, CLOSE_WITHIN_MS, { ref: false });
  }

  private takeBack(): Promise<boolean> {
    return this.publisher.withdraw(WITHDRAW_WITHIN_MS).catch(() => false);
  }

  private send(last: boolean): void {
    this.stopTimer();
    const { of, events, headers } = this;
    const packed = packPart({ of, events, last, ...(headers && { headers }) });
    this.events = [];
    this.headers = undefined;
    this.bytesLeft = packed.byteLength > MAX_PART_BYTES ? 0 : this.bytesLeft - packed.byteLength;
    if (this.bytesLeft <= 0) return;
    this.sent ??= isFirst(of) ? Promise.resolve() : this.takeBack();
    this.sent = this.sent.then(() => {
      if (this.isWithdrawn) return;
      this.isPublished = true;
      this.publisher.send(packed);
    });
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** Whether the call had no attempt before. */
function isFirst({ attempt, fallbacks }: StreamedAttempt): boolean {
  return attempt === 1 && fallbacks === 0;
}

function intervalMs(ageMs: number): number {
  return Math.min(Math.max(SHORTEST_INTERVAL_MS, ageMs * SHARE_OF_AGE), LONGEST_INTERVAL_MS);
}
