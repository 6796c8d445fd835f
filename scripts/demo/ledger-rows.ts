import { duration } from '../../src/cli/times.js';
import { entryCount, type AttemptOutcome, type Ledger, type LedgerEntry } from '../../src/core/ledger/ledger.js';
import type { Screen } from './screen.js';

const WIDTHS = [12, 2, 13, 7];

const STYLES = {
  answered: 'green',
  failed: 'yellow',
  lost: 'magenta',
  interrupted: 'magenta',
  note: 'cyan',
} as const satisfies Record<AttemptOutcome, string>;

/** A call's ledger as a table that grows while the call runs. */
export class LedgerRows {
  readonly #screen: Screen;
  #shown = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
    screen.row(columns('GROUP', '#', 'DEPLOYMENT', 'TOOK', 'RESULT'), 'dim');
  }

  /** Adds the entries that are not there yet. */
  show(ledger: Ledger): void {
    // Counted, since the middle of a long ledger is folded away.
    const added = entryCount(ledger) - this.#shown;
    if (added <= 0) return;
    for (const entry of ledger.entries.slice(-added)) this.#add(entry);
    this.#shown += added;
  }

  #add(entry: LedgerEntry): void {
    const { group, attempt, deployment = '', durationMs, outcome, kind, status } = entry;
    const took = durationMs === undefined ? '' : duration(durationMs);
    const result = kind === undefined ? outcome : `${kind} (${status})`;
    this.#screen.row(columns(group, String(attempt ?? ''), deployment, took, result), STYLES[outcome]);
    const then = thenOf(entry);
    if (then !== null) this.#screen.text(`→ ${then}`, { style: 'dim', hanging: 2 });
  }
}

/** What follows an attempt, and why. */
function thenOf({ next, message }: LedgerEntry): string | null {
  if (next === undefined) return message ?? null;
  const wait = next.waitMs === undefined ? '' : next.waitMs === 0 ? ' at once' : ` in ${duration(next.waitMs)}`;
  return `${next.action}${wait}: ${next.reason}`;
}

function columns(...cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join('  ');
}
