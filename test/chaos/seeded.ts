/** Chance that is the same again for the same seed. */
export interface Chance {
  /** From `low` up to `high`. */
  between(low: number, high: number): number;
  /** True for a share of the times. */
  happens(share: number): boolean;
  pick<const T>(values: readonly [T, ...T[]]): T;
}

/** @param name - each use has a chance of its own, so that one does not shift the others */
export function seeded(seed: number, name: string): Chance {
  let state = [...name].reduce((sum, letter) => Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193), seed);
  // Mulberry32.
  const next = (): number => {
    state = Math.imul(state + 0x6d2b79f5, 1);
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const again = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((again ^ (again >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + next() * (high - low),
    happens: (share) => next() < share,
    pick: (values) => values[Math.floor(next() * values.length)] ?? values[0],
  };
}
