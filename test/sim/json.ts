/**
 * What is left of a value when it has crossed a boundary of Temporal's: as after `JSON.parse(JSON.stringify(value))`. It is
 * frozen, so that all who are given it can share it; what has crossed one boundary goes over the next as it is.
 */
export function json<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'object':
      return value === null || Object.isFrozen(value) ? value : Object.freeze(copyOf(value));
    case 'function':
    case 'symbol':
      return undefined;
    default:
      return value;
  }
}

function copyOf(value: object): object {
  if (Array.isArray(value)) return value.map((each) => copy(each) ?? null);
  if (!isPlain(value)) return JSON.parse(JSON.stringify(value)) as object;
  const copied: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = copy((value as Record<string, unknown>)[key]);
    if (member !== undefined) copied[key] = member;
  }
  return copied;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value);
}
