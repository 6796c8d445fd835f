/** The headers of a failed response that say when to come back. */
export interface RetryAfterHeaders {
  'retry-after'?: string | undefined;
  'retry-after-ms'?: string | undefined;
  /** The provider's own clock; an HTTP date in `retry-after` is measured against it, so that clock skew does not matter. */
  date?: string | undefined;
}

/** Waits are cut here: Temporal's durations end somewhere, and no answer is worth more than a year. */
const LONGEST_WAIT_MS = 365 * 24 * 3600 * 1000;

const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)$/;

/**
 * How long the provider asks to wait, in milliseconds: `retry-after-ms` first, else `retry-after` as seconds
 * (fractions allowed) or as an HTTP date (RFC 9110 §10.2.3). Null when there is no such header or it makes no sense.
 */
export function retryAfterMs(headers: RetryAfterHeaders, nowMs: number): number | null {
  const wait =
    numberOf(headers['retry-after-ms'], 1) ??
    numberOf(headers['retry-after'], 1000) ??
    untilDate(headers['retry-after'], httpDateMs(headers.date) ?? nowMs);
  return wait === null ? null : Math.min(wait, LONGEST_WAIT_MS);
}

function numberOf(value: string | undefined, unitMs: number): number | null {
  const text = value?.trim() ?? '';
  return NUMBER.test(text) ? Number(text) * unitMs : null;
}

function untilDate(value: string | undefined, nowMs: number): number | null {
  const at = httpDateMs(value);
  return at === null ? null : Math.max(0, at - nowMs);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The three date forms that RFC 9110 §5.6.7 asks a recipient to accept. */
const IMF_FIXDATE = /^\w{3}, (?<day>\d{2}) (?<month>\w{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/;
const RFC_850 = /^\w{6,9}, (?<day>\d{2})-(?<month>\w{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^\w{3} (?<month>\w{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/;

function httpDateMs(value: string | undefined): number | null {
  const text = value?.trim() ?? '';
  const parts = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (parts === undefined) return null;
  const month = MONTHS.indexOf(String(parts['month']).toLowerCase());
  if (month < 0) return null;
  const year = Number(parts['year']);
  const [hours = 0, minutes = 0, seconds = 0] = String(parts['time']).split(':').map(Number);
  return Date.UTC(year < 100 ? 2000 + year : year, month, Number(parts['day']), hours, minutes, seconds);
}
