/** The most of these that are within a span. */
export function mostWithin(sortedMs: readonly number[], spanMs: number): number {
  let first = 0;
  let most = 0;
  for (const [index, atMs] of sortedMs.entries()) {
    while ((sortedMs[first] ?? atMs) <= atMs - spanMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** How many of these are in each span from the first of them on. */
export function countsPerSpan(sortedMs: readonly number[], spanMs: number): number[] {
  const [firstMs = 0] = sortedMs;
  const counts: number[] = Array.from({ length: Math.floor(((sortedMs.at(-1) ?? 0) - firstMs) / spanMs) + 1 }, () => 0);
  for (const atMs of sortedMs) {
    const span = Math.floor((atMs - firstMs) / spanMs);
    counts[span] = (counts[span] ?? 0) + 1;
  }
  return counts;
}
