/** A value and where it comes from, for people who ask why. */
export interface Sourced<T> {
  value: T;
  source: string;
}

/** The first value that is set, most specific layer first, else the default; null is one that says nothing. */
export function firstSet<T>(
  layers: readonly (readonly [source: string, value: T | undefined])[],
  otherwise: T,
): Sourced<T> {
  for (const [source, value] of layers) {
    if (value !== undefined) return { value, source };
  }
  return { value: otherwise, source: 'default' };
}
