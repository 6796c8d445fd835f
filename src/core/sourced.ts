/** A value and where it comes from, for people who ask why. */
export interface Sourced<T> {
  value: T;
  source: string;
}

/** The first value that is set, most specific layer first, else the default. */
export function firstSet<T>(layers: readonly (readonly [source: string, value: T | undefined])[]): Sourced<T> | null;
export function firstSet<T>(
  layers: readonly (readonly [source: string, value: T | undefined])[],
  otherwise: T,
): Sourced<T>;
export function firstSet<T>(
  layers: readonly (readonly [source: string, value: T | undefined])[],
  otherwise?: T,
): Sourced<T> | null {
  for (const [source, value] of layers) {
    if (value !== undefined) return { value, source };
  }
  return otherwise === undefined ? null : { value: otherwise, source: 'default' };
}
