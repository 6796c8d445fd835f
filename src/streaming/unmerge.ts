import { isDeepStrictEqual } from 'node:util';
import { fieldsOf } from '../providers/provider-error.js';
import { NAMES, setField } from '../providers/stream/merge-delta.js';

type Fields = Record<string, unknown>;

/** The delta that makes `after` out of `before`, as `mergeDelta` would; null when no delta can. */
export function unmerge(before: Fields, after: Fields): Fields | null {
  const delta: Fields = {};
  for (const [key, value] of Object.entries(after)) {
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isDeepStrictEqual(known, value)) continue;
    const rest = restOf(known, value, NAMES.includes(key));
    if (rest === null) return null;
    setField(delta, key, rest.value);
  }
  return delta;
}

function restOf(known: unknown, value: unknown, isName: boolean): { readonly value: unknown } | null {
  if (typeof value === 'string' && typeof known === 'string' && !isName) {
    return value.startsWith(known) ? { value: value.slice(known.length) } : null;
  }
  if (Array.isArray(value)) {
    const list = restOfList(Array.isArray(known) ? known : [], value);
    return list && { value: list };
  }
  if (isObject(known) && isObject(value)) {
    const rest = unmerge(known, value);
    return rest && { value: rest };
  }
  return { value };
}

/** Elements come in the order in which they began; those with an index may go on after others have begun. */
function restOfList(known: readonly unknown[], list: readonly unknown[]): unknown[] | null {
  const rest: unknown[] = [];
  for (const [position, element] of list.entries()) {
    if (position < known.length && isDeepStrictEqual(known[position], element)) continue;
    const { index } = fieldsOf(element);
    if (position >= known.length) {
      rest.push(element);
    } else if (typeof index === 'number') {
      const part = unmerge(fieldsOf(known[position]), fieldsOf(element));
      if (part === null) return null;
      rest.push({ ...part, index });
    } else return null;
  }
  return rest;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
