import { numberMs } from './duration.js';

/** The headers of a failed response that say when to come back. */
export interface RetryAfterHeaders {
  'retry-after'?: string | undefined;
  'retry-after-ms'?: string | undefined;
  /** The provider's own clock; an HTTP date in `retry-after` is measured against it, so that clock skew does not matter. */
  date?: string | undefined;
}

/** The headers of an answer, by their names in small letters. */
export type AnswerHeaders = RetryAfterHeaders & Readonly<Record<string, string | undefined>>;

/** Waits are cut here: Temporal's durations end somewhere, and no answer is worth more than a year. */
export const LONGEST_WAIT_MS = 365 * 24 * 3600 * 1000;
const FIFTY_YEARS_MS = 50 * 365.25 * 24 * 3600 * 1000;

/**
 * How long the provider asks to wait, in milliseconds: `retry-after-ms` first, else `retry-after` as seconds
 * (fractions allowed) or as an HTTP date (RFC 9110 §10.2.3). Null when there is no such header or it makes no sense.
 */
export function retryAfterMs(headers: RetryAfterHeaders, nowMs: number): number | null {
  const wait =
    numberMs(headers['retry-after-ms'], 1) ??
    numberMs(headers['retry-after'], 1000) ??
    untilDate(headers['retry-after'], clockMs(headers, nowMs));
  return wait === null ? null : Math.min(wait, LONGEST_WAIT_MS);
}

/** The time by the provider's own clock, where it tells it. */
export function clockMs(headers: RetryAfterHeaders, nowMs: number): number {
  return httpDateMs(headers.date, nowMs) ?? nowMs;
}

function untilDate(value: string | undefined, nowMs: number): number | null {
  const at = httpDateMs(value, nowMs);
  return at === null ? null : Math.max(0, at - nowMs);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The three date forms that RFC 9110 §5.6.7 asks a recipient to accept. */
const TIME = String.raw`(?<hours>\d{2}):(?<minutes>\d{2}):(?<seconds>\d{2})`;
const HTTP_DATES: readonly RegExp[] = [
  String.raw`^\w{3}, (?<day>\d{2}) (?<month>\w{3}) (?<year>\d{4}) ${TIME} GMT$`,
  String.raw`^\w{6,9}, (?<day>\d{2})-(?<month>\w{3})-(?<year>\d{2}) ${TIME} GMT$`,
  String.raw`^\w{3} (?<month>\w{3}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`,
].map((form) => new RegExp(form));

function httpDateMs(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  const parts = HTTP_DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return null;
  const month = MONTHS.indexOf(String(parts['month']).toLowerCase());
  if (month === -1) return null;
  const number = (part: string) => Number(parts[part]);
  const at = (year: number) =>
    Date.UTC(year, month, number('day'), number('hours'), number('minutes'), number('seconds'));
  const year = number('year');
  if (year >= 100) return at(year);
  // A year of two digits that would be more than 50 years ahead is in the past (RFC 9110 §5.6.7).
  return at(2000 + year) > nowMs + FIFTY_YEARS_MS ? at(1900 + year) : at(2000 + year);
}
