import type { CallHandle } from '../client/call-handle.js';
import { isCallError, type CallError } from '../client/errors.js';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { CallResult } from '../core/call/call-types.js';
import { entriesAfter, entryCount, type Ledger } from '../core/ledger/ledger.js';
import { describeNow } from './describe-now.js';
import { LiveLines } from './live-lines.js';
import { ledgerLine } from './show-ledger.js';
import { onStopSignal } from './signals.js';
import { ticks } from './ticks.js';

/** How following a call ended; the call itself may go on. */
export type Followed =
  | { readonly end: 'answered'; readonly result: CallResult }
  | { readonly end: 'failed'; readonly error: CallError }
  | { readonly end: 'interrupted' };

export interface FollowOptions {
  readonly client: HoldfastClient;
  readonly taskQueue: string;
  /** Show every attempt as it ends. */
  readonly progress: boolean;
}

const POLL_INTERVAL_MS = 500;
/** A worker that polls takes a call at once: after so long, one may be missing. */
const FIRST_WORKER_CHECK_MS = 3000;
const WORKER_CHECK_INTERVAL_MS = 10_000;

/**
 * Waits for the end of a call, or for a signal, and shows on standard error what happens.
 * @throws TemporalUnavailableError when Temporal cannot be reached any more
 */
export async function followCall(handle: CallHandle, options: FollowOptions): Promise<Followed> {
  const watching = new AbortController();
  const lines = new LiveLines(process.stderr);
  const ledger = new LedgerLines(lines);
  const interrupted = new Promise<Followed>((resolve) => {
    onStopSignal(() => resolve({ end: 'interrupted' }));
  });
  const watchers = [warnWithoutWorker(handle, options, lines, watching.signal)];
  if (options.progress) watchers.push(showProgress(handle, lines, ledger, watching.signal));
  try {
    const followed = await Promise.race([endOf(handle), interrupted]);
    watching.abort();
    await Promise.all(watchers);
    if (options.progress && followed.end === 'answered') ledger.show(followed.result.report.ledger);
    if (options.progress && followed.end === 'failed') ledger.show(followed.error.ledger);
    return followed;
  } finally {
    watching.abort();
    lines.status('');
  }
}

async function endOf(handle: CallHandle): Promise<Followed> {
  try {
    return { end: 'answered', result: await handle.result() };
  } catch (error) {
    if (isCallError(error)) return { end: 'failed', error };
    throw error;
  }
}

/** Prints each entry of a growing ledger once. */
class LedgerLines {
  readonly #lines: LiveLines;
  #shown = 0;

  constructor(lines: LiveLines) {
    this.#lines = lines;
  }

  show(ledger: Ledger): void {
    for (const entry of entriesAfter(ledger, this.#shown)) this.#lines.line(ledgerLine(entry));
    this.#shown = Math.max(this.#shown, entryCount(ledger));
  }
}

async function showProgress(
  handle: CallHandle,
  lines: LiveLines,
  ledger: LedgerLines,
  signal: AbortSignal,
): Promise<void> {
  for await (const _tick of ticks(POLL_INTERVAL_MS, POLL_INTERVAL_MS, signal)) {
    const inspection = await orNull(handle.inspect());
    if (signal.aborted) return;
    if (inspection === null) continue;
    ledger.show(inspection.ledger);
    lines.status(describeNow(inspection));
  }
}

async function warnWithoutWorker(
  handle: CallHandle,
  { client, taskQueue }: FollowOptions,
  lines: LiveLines,
  signal: AbortSignal,
): Promise<void> {
  for await (const _tick of ticks(FIRST_WORKER_CHECK_MS, WORKER_CHECK_INTERVAL_MS, signal)) {
    const description = await orNull(handle.describe());
    const waits = description?.state === 'running' && (description.pending?.state ?? 'queued') === 'queued';
    if (!waits || (await orNull(client.hasWorkers())) !== false || signal.aborted) continue;
    lines.line(
      `holdfast: no worker polls task queue "${taskQueue}": the call waits for one. ` +
        'Start one with `holdfast worker`, or `holdfast dev`',
    );
    return;
  }
}

/** What is only shown may fail: whether Temporal is gone for good, waiting for the answer will tell. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch(() => null);
}
