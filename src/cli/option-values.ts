import { InvalidArgumentError } from 'commander';

/** Reads an option that takes a whole number, at least `least`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number, ${range}.`);
  };
}

export const port = wholeNumber(0, 65_535);

/** Reads an option that takes seconds, fractions allowed. */
export function seconds({ zero }: { zero: boolean }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && (zero || value > 0)) return value;
    throw new InvalidArgumentError(`Expected a number of seconds${zero ? '' : ' above 0'}.`);
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads an option that takes an age: `90s`, `30m`, `2h`, `1d`. In milliseconds. */
export function ageMs(text: string): number {
  const [, value, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (value !== undefined) return Number(value) * (UNIT_MS[unit] ?? 1);
  throw new InvalidArgumentError('Expected a time with its unit: 90s, 30m, 2h, 1d.');
}

/** Reads an option that takes a rate: `10/s`, `100/m`. Per second. */
export function rate(text: string): number {
  const [, value, unit = ''] = /^(\d+(?:\.\d+)?)\/([sm])$/.exec(text) ?? [];
  const perSecond = (Number(value) * 1000) / (UNIT_MS[unit] ?? 1);
  if (value !== undefined && perSecond > 0) return perSecond;
  throw new InvalidArgumentError('Expected a number above 0 in a time: 10/s, 100/m.');
}

/** Reads an option that takes a time: ISO 8601, local without a zone. */
export function time(text: string): Date {
  const read = new Date(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(read.getTime())) return read;
  throw new InvalidArgumentError('Expected a time: 2027-01-31T08:00, or 2027-01-31T08:00:00Z.');
}

/** Reads an option that takes a time, or an age, which is in milliseconds. */
export function timeOrAge(text: string): Date | number {
  return /^\d{4}-/.test(text) ? time(text) : ageMs(text);
}
