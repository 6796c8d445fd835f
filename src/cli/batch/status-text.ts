import { count, doneRows, failedText, percentDone, retryingText, tokensText } from '../../core/batch/batch-text.js';
import type { BatchStatus } from '../../core/batch/batch.js';
import { shownLocation } from '../../storage/index.js';
import { pairs } from '../table.js';
import { duration, localTime } from '../times.js';

/** `1.3K` */
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact' });

/** What a time before it leaves of 80 columns. */
const COLUMNS = 70;

/** How far a batch is, in a line of so many columns: what does not fit is left out, what matters least first. */
export function progressText(status: BatchStatus, rowsPerSecond: number | null, columns = COLUMNS): string {
  const { rows, counts, retrying } = status;
  const done = doneRows(status);
  const left = rows === null || !rowsPerSecond ? null : (rows - done) / rowsPerSecond;
  const rate = rowsPerSecond === null ? null : rowsPerSecond.toFixed(rowsPerSecond < 10 ? 1 : 0);
  const figures: Figure[] = [
    {
      text:
        rows === null ? `${count(done)} rows` : `${percentDone(done, rows)} %, ${count(done)} of ${count(rows)} rows`,
    },
    { text: rate && `${rate}/s` },
    { text: left ? `${secondsLeft(left)} left` : null, dropped: 2 },
    { text: retrying === null ? null : `${count(retrying)} retrying`, dropped: 1 },
    { text: `${count(counts.failed)} failed` },
    { text: `${COMPACT.format(counts.tokens.total)} tokens` },
  ];
  const lines = [0, 1, 2].map((rank) => lineOf(figures.filter(({ dropped = Infinity }) => dropped > rank)));
  return lines.find((line) => line.length <= columns) ?? lines.at(-1) ?? '';
}

interface Figure {
  /** Null: it is not known. */
  readonly text: string | null;
  /** Which it is of those that are left out for want of room. @default none */
  readonly dropped?: number;
}

function lineOf(figures: readonly Figure[]): string {
  return figures.flatMap(({ text }) => text ?? []).join(' · ');
}

/** What a batch is doing, and what to do where it waits for somebody. */
export function stateText(status: BatchStatus): string[] {
  const { batchId, state, reason, pausedBy, mode, rows, spec, counts } = status;
  switch (state) {
    case 'checking':
      return ['checks its input'];
    case 'running':
      return [`runs ${count(rows ?? 0)} rows, ${mode}, ${count(spec.concurrency)} at a time`];
    case 'paused': {
      const isSpent = spec.maxTokensTotal !== null && counts.tokens.total >= spec.maxTokensTotal;
      const byItself = pausedBy === 'batch' && !isSpent ? 'it goes on by itself when that works; at once: ' : '';
      const more = isSpent ? ' --max-tokens-total NUMBER' : '';
      return [`paused: ${reason}`, `${byItself || 'go on with it: '}holdfast batch resume ${batchId}${more}`];
    }
    case 'writing output':
      return ['writes its output'];
    default:
      return [reason === null ? state : `${state}: ${reason}`];
  }
}

/** Everything about a batch, for `status`. */
export function statusTable(status: BatchStatus, ui: string): string {
  const { batchId, spec, inFlight, startedAt, counts } = status;
  const started = new Date(startedAt);
  const [state = '', ...advice] = stateText(status);
  return pairs([
    ['batch', batchId],
    ['state', state],
    ...advice.map((line) => ['', line] as const),
    ['rows', status.rows === null ? 'not counted yet' : count(status.rows)],
    ['answered', count(counts.answered)],
    ['failed', failedText(counts)],
    ['in flight', count(inFlight)],
    ['retrying', retryingText(status) ?? 'each row is a call of its own: holdfast list --retrying GROUP'],
    ['tokens', tokensText(status)],
    ['started', `${localTime(started)}, ${duration(Date.now() - started.getTime())} ago`],
    ['input', shownLocation(spec.input)],
    ['output', shownLocation(spec.output)],
    ['ui', ui],
  ]);
}

/** Of a guess no fractions. */
function secondsLeft(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds * 1000);
}
