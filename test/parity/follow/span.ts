/** A number that is known only so far: the least and the most that it may be. Milliseconds here. */
export type Span = readonly [least: number, most: number];

export const NO_WAIT: Span = [0, 0];

export function exactly(value: number): Span {
  return [value, value];
}

export function later([least, most]: Span, by: Span): Span {
  return [least + by[0], most + by[1]];
}

/** Both at least this, as one that waits for the other to be over. */
export function atLeast([least, most]: Span, floor: Span): Span {
  return [Math.max(least, floor[0]), Math.max(most, floor[1])];
}

export function earliest(spans: readonly Span[]): Span {
  return [Math.min(...spans.map(([least]) => least)), Math.min(...spans.map(([, most]) => most))];
}

export function shown([least, most]: Span): string {
  return least === most ? `${least} ms` : `${Math.round(least)} to ${Math.round(most)} ms`;
}
