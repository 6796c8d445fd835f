import type { Ledger, LedgerEntry } from '../core/ledger/ledger.js';
import { oneLine } from './printable.js';
import { table } from './table.js';
import { duration, localTime } from './times.js';

/** The ledger, an attempt a line; what was folded out of its middle is one line too. */
export function ledgerTable({ entries, folded }: Ledger): string {
  const rows = entries.map(ledgerRow);
  if (folded !== undefined) {
    const kinds = Object.entries(folded.kinds).map(([kind, count]) => `${count} ${kind}`);
    rows.splice(rows.length / 2, 0, ['…', '', '', '', '', `${folded.count} more`, '', kinds.join(', ')]);
  }
  return table(['TIME', 'GROUP', '#', 'DEPLOYMENT', 'TOOK', 'RESULT', 'THEN', 'WHY'], rows);
}

/** Whom each deployment asked, and where; none where that was not told. */
export function endpointTable({ entries }: Ledger): string | null {
  const rows = new Map(
    entries.flatMap(({ deployment = '', provider, url }) =>
      provider === undefined || url === undefined ? [] : [[`${deployment} ${url}`, [deployment, provider, url]]],
    ),
  );
  return rows.size === 0 ? null : table(['DEPLOYMENT', 'PROVIDER', 'ASKED AT'], [...rows.values()]);
}

/** One entry on a line of its own, as it happens. */
export function ledgerLine(entry: LedgerEntry): string {
  const [time, group, attempt, deployment, took, result, then, why] = ledgerRow(entry);
  const who = [group, attempt === '' ? '' : `#${attempt}`, deployment].filter((part) => part !== '').join(' ');
  const what = [result, took === '' ? '' : `after ${took}`].filter((part) => part !== '').join(' ');
  const next = [then === '' ? '' : `→ ${then}`, why].filter((part) => part !== '').join(': ');
  return oneLine([time, who, what, next].filter((part) => part !== '').join('  '));
}

function ledgerRow(entry: LedgerEntry): string[] {
  const { startedAt, group, attempt, deployment, durationMs, outcome, kind, status, message, next } = entry;
  return [
    localTime(new Date(startedAt)),
    group,
    attempt === undefined ? '' : String(attempt),
    deployment ?? '',
    durationMs === undefined ? '' : duration(durationMs),
    kind === undefined ? outcome : `${kind} (${status})`,
    next === undefined ? '' : `${next.action}${next.waitMs === undefined ? '' : ` in ${duration(next.waitMs)}`}`,
    [message, next?.reason].filter((part) => part !== undefined).join(' · '),
  ];
}
