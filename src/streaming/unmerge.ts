import { isDeepStrictEqual } from 'node:util';
import { fieldsOf } from '../providers/provider-error.js';
import { isFilled } from '../providers/stream/assembler.js';
import { NAMES, setField } from '../providers/stream/merge-delta.js';

type Fields = Record<string, unknown>;

/** The delta that makes `after` out of `before`, as `mergeDelta` would; null when no delta can. */
export function unmerge(before: Fields, after: Fields): Fields | null {
  const delta: Fields = {};
  for (const [key, value] of Object.entries(after)) {
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isDeepStrictEqual(known, value)) continue;
    const rest = restOf(key, known, value);
    if (rest === null) return null;
    setField(delta, key, rest.value);
  }
  return delta;
}

function restOf(key: string, known: unknown, value: unknown): { readonly value: unknown } | null {
  if (typeof value === 'string' && typeof known === 'string' && !NAMES.includes(key)) {
    return value.startsWith(known) ? { value: value.slice(known.length) } : null;
  }
  if (Array.isArray(value)) {
    const list = restOfList(key, Array.isArray(known) ? known : [], value);
    return list && { value: list };
  }
  if (isObject(known) && isObject(value)) {
    const rest = unmerge(known, value);
    return rest && { value: rest };
  }
  return { value };
}

/** Elements come in the order in which they began; those with an index may go on after others have begun. */
function restOfList(key: string, known: readonly unknown[], list: readonly unknown[]): unknown[] | null {
  const rest: unknown[] = [];
  for (const [position, element] of list.entries()) {
    // The index of a tool call is left out in an answer without a stream.
    const index = key === 'tool_calls' ? position : fieldsOf(element)['index'];
    const withIndex = (fields: Fields) => (typeof index === 'number' ? { index, ...fields } : fields);
    if (position >= known.length) {
      rest.push(isObject(element) ? withIndex(element) : element);
      continue;
    }
    if (isDeepStrictEqual(known[position], element)) continue;
    const part = typeof index === 'number' ? unmerge(fieldsOf(known[position]), fieldsOf(element)) : null;
    if (part === null) return null;
    if (isFilled(part)) rest.push(withIndex(part));
  }
  return rest;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
