/** What is left of a value when it has crossed a boundary of Temporal's. */
export function json<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
