import { retryingLimit } from './batch-window.js';
import type { BatchStatus, RowCounts } from './batch.js';
import { shownLocation } from '../common/location.js';
import { EMPTY_LINE, plain } from '../ledger/markdown.js';

/** `1,319` */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}

export function doneRows({ counts: { answered, failed } }: Pick<BatchStatus, 'counts'>): number {
  return answered + failed;
}

/** In whole percent; 100 only when all are. */
export function percentDone(done: number, rows: number): number {
  return rows === 0 ? 100 : Math.floor((done / rows) * 100);
}

/** `8: 6 × NotFoundError, 2 × Timeout` */
export function failedText({ failed, errors }: RowCounts): string {
  const kinds = Object.entries(errors).toSorted(([, a], [, b]) => b - a);
  return [
    count(failed),
    ...(kinds.length === 0 ? [] : [kinds.map(([kind, rows]) => `${count(rows)} × ${kind}`).join(', ')]),
  ].join(': ');
}

/** Rows that retry; and that none is begun because of them. Null where only the calls of the rows know. */
export function retryingText({ rows, counts, retrying, state, spec: { concurrency } }: BatchStatus): string | null {
  if (retrying === null) return null;
  const limit = retryingLimit(concurrency);
  const hasMore = rows !== null && doneRows({ counts }) + retrying < rows;
  const isClosed = state === 'running' && hasMore && retrying >= limit;
  return isClosed ? `${count(retrying)}; no other row is begun while ${count(limit)} or more retry` : count(retrying);
}

/** `1,560 of 5,000` */
export function tokensText({ counts: { tokens }, spec: { maxTokensTotal } }: BatchStatus): string {
  return maxTokensTotal === null ? count(tokens.total) : `${count(tokens.total)} of ${count(maxTokensTotal)}`;
}

/** Where a batch stands, for the details of its workflow in the Temporal UI. */
export function batchTable(status: BatchStatus): string {
  const { batchId, state, reason, mode, rows, counts, inFlight, chunks, spec } = status;
  const retrying = retryingText(status);
  const figures: [string, string][] = [
    ['state', `**${state}**${reason === null ? '' : `: ${plain(reason)}`}`],
    ['done', rows === null ? 'rows are not counted yet' : doneText(doneRows(status), rows)],
    ['answered', count(counts.answered)],
    ['failed', failedText(counts)],
    ...(retrying === null ? [] : [['retrying', retrying] satisfies [string, string]]),
    ['in flight', `${count(inFlight)} of ${count(spec.concurrency)}`],
    ['tokens', tokensText(status)],
    ['mode', mode ?? spec.mode],
    ['output', plain(shownLocation(spec.output))],
  ];
  return [
    '| | |',
    '|---|---|',
    ...figures.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    ...(mode === 'packed' && chunks.length > 0 ? [CHUNKS_COUNT_LATE, ''] : []),
    `The calls of its rows are in the list of workflows, under \`HoldfastBatch = "${batchId}"\`.`,
    '',
    EMPTY_LINE,
  ].join('\n');
}

const CHUNKS_COUNT_LATE =
  'Rows of a chunk are counted here when it ends. Before that they are under **Pending Activities**, in Heartbeat Details.';

function doneText(done: number, rows: number): string {
  return `${count(done)} of ${count(rows)} rows, ${percentDone(done, rows)} %`;
}
