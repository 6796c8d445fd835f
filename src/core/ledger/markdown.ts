import type { Ledger, LedgerEntry } from './ledger.js';

/** Temporal keeps 20 KB of details for a workflow; this many rows stay well below. */
const MAX_ROWS = 40;

const WHAT_IS_SHOWN =
  'Attempts in the groups that have ended. A group that is still being asked shows its own under **Pending Activities**, in Heartbeat Details.';

/** The Temporal UI makes the frame of the details a line too low: what it cuts off is this. */
export const EMPTY_LINE = '\u00A0';

/** The ledger as a Markdown table, for the details of a workflow in the Temporal UI. */
export function ledgerTable({ entries, folded }: Ledger): string {
  const shown = entries.slice(-MAX_ROWS);
  const hidden = entries.length - shown.length + (folded?.count ?? 0);
  return [
    WHAT_IS_SHOWN,
    '',
    '| group | attempt | deployment | result | took | then |',
    '|---|---|---|---|---|---|',
    ...(hidden === 0 ? [] : [`| … | | | ${hidden} earlier entries | | |`]),
    ...shown.map(row),
    '',
    EMPTY_LINE,
  ].join('\n');
}

function row(entry: LedgerEntry): string {
  const { group, attempt, deployment, durationMs, next } = entry;
  const took = durationMs === undefined ? '' : seconds(durationMs);
  const then = next === undefined ? '' : `**${next.action}**${waited(next.waitMs)}: ${plain(next.reason)}`;
  const cells = [
    plain(group),
    attempt ?? '',
    plain(withoutGroup(deployment ?? '', group)),
    plain(resultText(entry)),
    took,
    then,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The ids that deployments get by default begin with their group, which has a column of its own. */
function withoutGroup(deployment: string, group: string): string {
  return deployment.startsWith(`${group}#`) ? deployment.slice(group.length) : deployment;
}

function waited(waitMs: number | undefined): string {
  return waitMs === undefined ? '' : ` after ${seconds(waitMs)}`;
}

/** In one piece: columns are narrow. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)}\u00A0s`;
}

/** What became of an attempt, in a few words. */
export function resultText({ outcome, kind, status, message }: LedgerEntry): string {
  const what = kind === undefined ? outcome : `${kind} (${status})`;
  return message === undefined ? what : `${what}: ${message}`;
}

/** Text of others in a cell: neither Markdown nor HTML of a provider may break the table. */
export function plain(text: string): string {
  return text.replace(/[\\`*[<|]/g, '\\$&').replace(/\s+/g, ' ');
}
