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
