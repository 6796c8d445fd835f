import { isForm, isRecord, isText, optional, orNull, type Check } from '../common/forms.js';
import type { Board, BoardReport } from './board.js';

/** The workflow that keeps what all workers of a task queue share. */
export const PROVIDER_BOARD = 'providerBoard';

/** Its update: takes a `BoardReport`, gives a `BoardView`. */
export const BOARD_REPORT = 'report';

/** Its query: gives a `BoardStatus`. */
export const PROVIDERS = 'providers';

export interface ProviderBoardInput {
  /** @default an empty one */
  readonly board?: Board;
}

/** One for each task queue. */
export function providerBoardId(taskQueue: string): string {
  return `providers-${taskQueue}`;
}

/** @throws TypeError for what is no report: anybody who reaches Temporal can send anything */
export function checkReport(report: unknown): asserts report is BoardReport {
  const isReport =
    isRecord(report) &&
    typeof report['worker'] === 'string' &&
    isRecord(report['deployments']) &&
    Object.values(report['deployments']).every(isUse);
  if (!isReport) throw new TypeError('expected a report: { worker, deployments }');
}

/** A number that can be a time, or a difference of times. */
const isNumber: Check = (value) => typeof value === 'number' && Math.abs(value) <= 1e14;
const isNumbers: Check = (value) => isRecord(value) && Object.values(value).every(isNumber);
const isCooling = isForm({ type: (value) => value === 'cools' || value === 'asked to wait', untilMs: isNumber });
const isOther = isForm({ type: (value) => ['probes', 'answered', 'not answered'].includes(String(value)) });
const isEvent: Check = (value) => isCooling(value) || isOther(value);

const isUse = isForm({
  limits: isNumbers,
  keeps: isNumbers,
  sent: isNumber,
  inFlight: isNumber,
  tokens: optional(isNumber),
  due: isNumber,
  waiting: optional(isNumber),
  soon: optional(isNumber),
  checksEveryMs: optional(isNumber),
  news: optional(
    isForm({
      about: isForm({ group: isText, provider: isText, host: isText, configuredId: optional(isText) }),
      listens: (value) => typeof value === 'boolean',
      waiting: isNumber,
      events: (value) => Array.isArray(value) && value.every(isEvent),
      recent: isForm({ answered: isNumber, failed: isNumber, p50Ms: orNull(isNumber), tokens: isNumber }),
      lastError: orNull(isForm({ kind: isText, status: isNumber, message: isText, atMs: isNumber })),
      failures: isNumbers,
    }),
  ),
});
