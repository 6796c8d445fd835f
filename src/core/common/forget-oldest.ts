/** Keeps no more than so many, one having come: the one that came first goes. */
export function forgetOldest(known: Map<string, unknown> | Set<string>, most: number): void {
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}
