import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryAfterMs, type RetryAfterHeaders } from '../../../src/core/errors/retry-after.js';
import { NOW_MS } from '../build.js';

const YEAR_MS = 365 * 24 * 3600 * 1000;

describe('how long the provider asks to wait', () => {
  const cases: [what: string, headers: RetryAfterHeaders, ms: number | null][] = [
    ['no header', {}, null],
    ['seconds', { 'retry-after': '7' }, 7000],
    ['seconds with blanks around', { 'retry-after': ' 7 ' }, 7000],
    ['a fraction of seconds', { 'retry-after': '2.5' }, 2500],
    ['a fraction without its zero', { 'retry-after': '.5' }, 500],
    ['a fraction without its digits', { 'retry-after': '3.' }, 3000],
    ['no wait at all', { 'retry-after': '0' }, 0],
    ['hours', { 'retry-after': '7200' }, 7_200_000],
    ['milliseconds', { 'retry-after-ms': '250' }, 250],
    ['milliseconds before seconds', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    ['milliseconds that make no sense, then seconds', { 'retry-after-ms': 'soon', 'retry-after': '7' }, 7000],
    ['milliseconds that make no sense, alone', { 'retry-after-ms': 'soon' }, null],
    ['a date as RFC 9110 writes it', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
    ['a date as RFC 850 wrote it', { 'retry-after': 'Sunday, 22-Nov-26 12:00:30 GMT' }, 30_000],
    ['a date as asctime writes it', { 'retry-after': 'Sun Nov 22 12:00:30 2026' }, 30_000],
    ['an asctime date with a day of one digit', { 'retry-after': 'Tue Dec  1 12:00:00 2026' }, 9 * 24 * 3_600_000],
    ['a month in other letters', { 'retry-after': 'Sun, 22 NOV 2026 12:00:30 GMT' }, 30_000],
    ['a date in the past', { 'retry-after': 'Sun, 22 Nov 2026 11:59:30 GMT' }, 0],
    ['a year of two digits in the past', { 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 0],
    ['a year of two digits ahead', { 'retry-after': 'Sunday, 22-Nov-70 12:00:30 GMT' }, YEAR_MS],
    [
      'a date against the clock of the provider, which is an hour late',
      { 'retry-after': 'Sun, 22 Nov 2026 11:00:30 GMT', date: 'Sun, 22 Nov 2026 11:00:00 GMT' },
      30_000,
    ],
    [
      'a date against the clock of the provider, which is an hour early',
      { 'retry-after': 'Sun, 22 Nov 2026 13:00:30 GMT', date: 'Sunday, 22-Nov-26 13:00:00 GMT' },
      30_000,
    ],
    [
      'a date beside a clock that makes no sense',
      { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT', date: 'now' },
      30_000,
    ],
    ['seconds, whatever the clock says', { 'retry-after': '7', date: 'Sun, 22 Nov 2026 11:00:00 GMT' }, 7000],
    ['more than a year', { 'retry-after': '99999999999' }, YEAR_MS],
    ['more than a number holds', { 'retry-after': '9'.repeat(400) }, YEAR_MS],
    ['a date more than a year ahead', { 'retry-after': 'Sun, 22 Nov 2099 12:00:30 GMT' }, YEAR_MS],
    ['nothing in it', { 'retry-after': '' }, null],
    ['a word', { 'retry-after': 'soon' }, null],
    ['NaN', { 'retry-after': 'NaN' }, null],
    ['Infinity', { 'retry-after': 'Infinity' }, null],
    ['a negative number', { 'retry-after': '-5' }, null],
    ['a power of ten', { 'retry-after': '1e3' }, null],
    ['a number with a unit', { 'retry-after': '7s' }, null],
    ['a comma in the number', { 'retry-after': '1,5' }, null],
    ['a dot alone', { 'retry-after': '.' }, null],
    ['a month that does not exist', { 'retry-after': 'Sun, 22 Nob 2026 12:00:30 GMT' }, null],
    ['a date in another zone', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 +0100' }, null],
    ['an ISO date', { 'retry-after': '2026-11-22T12:00:30Z' }, null],
  ];
  test.each(cases)('%s', (_, headers, ms) => {
    expect(retryAfterMs(headers, NOW_MS)).toBe(ms);
  });
});

test('a date in any of the three forms is that many seconds away', () => {
  const seconds = fc.integer({ min: 0, max: 300 * 24 * 3600 });
  fc.assert(
    fc.property(seconds, fc.constantFrom(imfFixdate, rfc850, asctime), (ahead, form) => {
      expect(retryAfterMs({ 'retry-after': form(new Date(NOW_MS + ahead * 1000)) }, NOW_MS)).toBe(ahead * 1000);
    }),
  );
});

test('whatever the headers say, the wait is null or between 0 and a year', () => {
  const text = fc.oneof(fc.string(), fc.double().map(String), fc.date({ noInvalidDate: true }).map(imfFixdate));
  const headers = fc.record({ 'retry-after': text, 'retry-after-ms': text, date: text }, { requiredKeys: [] });
  fc.assert(
    fc.property(headers, (given) => {
      const ms = retryAfterMs(given, NOW_MS);
      expect(ms === null || (ms >= 0 && ms <= YEAR_MS)).toBe(true);
    }),
  );
});

function imfFixdate(date: Date): string {
  return date.toUTCString();
}

function rfc850(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(/,? /);
  return `Thursday, ${day}-${month}-${year!.slice(2)} ${time} GMT`;
}

function asctime(date: Date): string {
  const [weekday, day, month, year, time] = date.toUTCString().split(/,? /);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
