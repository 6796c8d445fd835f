import type { Ledger, LedgerEntry } from './ledger.js';

/** Temporal keeps 20 KB of details for a workflow; this many rows stay well below. */
const MAX_ROWS = 40;

/** The ledger as a Markdown table, for the details of a workflow in the Temporal UI. */
export function ledgerTable({ entries, folded }: Ledger): string {
  const shown = entries.slice(-MAX_ROWS);
  const hidden = entries.length - shown.length + (folded?.count ?? 0);
  return [
    '| group | attempt | deployment | result | took | then |',
    '|---|---|---|---|---|---|',
    ...(hidden === 0 ? [] : [`| … | | | ${hidden} earlier entries | | |`]),
    ...shown.map(row),
  ].join('\n');
}

function row(entry: LedgerEntry): string {
  const { group, attempt, deployment, durationMs, next } = entry;
  const took = durationMs === undefined ? '' : `${(durationMs / 1000).toFixed(2)} s`;
  const then = next === undefined ? '' : `**${next.action}**${waited(next.waitMs)}: ${next.reason}`;
  return `| ${[group, attempt ?? '', deployment ?? '', resultText(entry), took, then].map(cell).join(' | ')} |`;
}

function waited(waitMs: number | undefined): string {
  return waitMs === undefined ? '' : ` after ${(waitMs / 1000).toFixed(2)} s`;
}

/** What became of an attempt, in a few words. */
export function resultText({ outcome, kind, status, message }: LedgerEntry): string {
  const what = kind === undefined ? outcome : `${kind} (${status})`;
  return message === undefined ? what : `${what}: ${message}`;
}

function cell(text: string | number): string {
  return String(text).replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
