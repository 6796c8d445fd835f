/** Two sources as one, as things come. Ends when both have ended. */
export async function* merge<T>(one: AsyncGenerator<T, void>, other: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  const ask = async (source: AsyncGenerator<T, void>) => ({ source, next: await source.next() });
  const asked = new Map([one, other].map((source) => [source, ask(source)]));
  while (asked.size > 0) {
    const { source, next } = await Promise.race(asked.values());
    if (next.done === true) {
      asked.delete(source);
      continue;
    }
    asked.set(source, ask(source));
    yield next.value;
  }
}
