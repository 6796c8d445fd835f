/** Reads 0, 1, 2… in this order, a few at once. */
export async function* readAhead<T>(
  count: number,
  atOnce: number,
  read: (number: number) => Promise<T>,
): AsyncGenerator<T> {
  const pending: Promise<T>[] = [];
  for (let next = 0; next < count || pending.length > 0;) {
    while (next < count && pending.length < atOnce) {
      const reading = read(next++);
      // Told to whoever waits for it; nobody does when an earlier one fails.
      reading.catch(() => {});
      pending.push(reading);
    }
    const first = pending.shift();
    if (first !== undefined) yield await first;
  }
}
