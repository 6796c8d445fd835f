import type { LedgerEntry } from '../core/ledger/ledger.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { WaitBefore } from '../traces/attempt-span.js';
import type { GroupAttemptDeps } from './attempt-context.js';
import type { CallOfEvent } from './call-events.js';

/** What the trace of a call is told of one attempt. */
export class AttemptTrace {
  readonly #traces: GroupAttemptDeps['traces'];
  /** When the call came to its group, ms since the epoch. */
  readonly #sinceMs: number;
  #last: LedgerEntry | undefined;
  #wait: WaitBefore | null = null;

  constructor(traces: GroupAttemptDeps['traces'], { ledger }: GroupProgress, sinceMs: number) {
    this.#traces = traces;
    this.#sinceMs = sinceMs;
    this.#last = ledger.entries.at(-1);
  }

  /** A provider is asked now. */
  began({ ledger, deferredFor }: GroupProgress, nowMs: number): void {
    const before = ledger.entries.at(-1);
    const sinceMs = before === undefined ? this.#sinceMs : Date.parse(before.startedAt) + (before.durationMs ?? 0);
    this.#wait = { ms: Math.max(0, nowMs - sinceMs), reason: deferredFor ?? before?.next?.reason ?? null };
  }

  /** Tells of the attempt that the ledger has last, unless it had it before, or nobody was asked. */
  ended({ callId, operation }: CallOfEvent, { ledger }: GroupProgress): void {
    const entry = ledger.entries.at(-1);
    if (entry === undefined || entry === this.#last || entry.outcome === 'note') return;
    this.#last = entry;
    this.#traces?.attempt({ callId, operation, entry, wait: this.#wait });
  }
}
