import { expect, test } from 'vitest';
import { CertificateTerm, troubleOf } from '../../src/gateway/certificate-term.js';

const DAY_MS = 24 * 3_600_000;
const [FROM, TO] = [100 * DAY_MS, 200 * DAY_MS];

test.each([
  ['a day before it begins', FROM - DAY_MS, 'the certificate is not valid yet: clients refuse it'],
  ['when it begins', FROM, null],
  ['14 days before its end', TO - 14 * DAY_MS, null],
  ['a moment later', TO - 14 * DAY_MS + 1, 'the certificate expires in less than 14 days'],
  ['at its end', TO, 'the certificate expires in less than 14 days'],
  ['a moment after it', TO + 1, 'the certificate has expired: clients refuse it'],
])('%s', (_when, nowMs, trouble) => {
  expect(troubleOf({ fromMs: FROM, toMs: TO }, nowMs)).toBe(trouble);
});

test('is told once, also where it comes while the gateway runs, and of the next certificate again', () => {
  let nowMs = 150 * DAY_MS;
  let look = (): void => undefined;
  const told: string[] = [];
  const expires: number[] = [];
  const every = (_ms: number, run: () => void) => {
    look = run;
    return () => void told.push('ended');
  };
  const term = new CertificateTerm(
    {
      clock: { now: () => nowMs, every },
      log: { warn: (fields: unknown, text?: string) => void told.push(`${text} ${JSON.stringify(fields)}`) },
      metrics: { certificateExpires: (atMs) => void expires.push(atMs) },
    },
    'cert.pem',
    { fromMs: FROM, toMs: TO },
  );
  look();
  expect(told).toEqual([]);
  const of = (text: string) => [`${text} ${JSON.stringify({ cert: 'cert.pem', expires: '1970-07-20T00:00:00.000Z' })}`];
  for (const [daysLeft, text] of [
    [10, 'the certificate expires in less than 14 days'],
    [-1, 'the certificate has expired: clients refuse it'],
  ] as const) {
    nowMs = TO - daysLeft * DAY_MS;
    look();
    look();
    expect(told.splice(0)).toEqual(of(text));
  }
  term.is({ fromMs: FROM, toMs: TO });
  expect(told.splice(0)).toEqual(of('the certificate has expired: clients refuse it'));
  term.is({ fromMs: FROM, toMs: 400 * DAY_MS });
  look();
  expect(told).toEqual([]);
  expect(expires).toEqual([TO, TO, 400 * DAY_MS]);
  term.end();
  expect(told).toEqual(['ended']);
});
