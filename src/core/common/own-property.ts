/** The value under a key that may be anything a caller or a provider wrote, `constructor` for instance. */
export function ownProperty<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
