import { isDeepStrictEqual } from 'node:util';
import { fieldsOf } from '../../core/common/fields.js';
import { continuesPart, partsOf } from './content-parts.js';
import { NAMES, setField } from './merge-delta.js';
import { CALLED } from './tool-call-pieces.js';

type Fields = Record<string, unknown>;

/** The delta that makes `after` out of `before`, as `mergeDelta` would; null when no delta can. */
export function unmerge(before: Fields, after: Fields, isCalled = false): Fields | null {
  const delta: Fields = {};
  for (const [key, value] of Object.entries(after)) {
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isDeepStrictEqual(known, value)) continue;
    const rest = restOf(known, value, { key, continues: !NAMES.includes(key) || (isCalled && key === 'name') });
    if (rest === null) return null;
    setField(delta, key, rest.value);
  }
  return delta;
}

interface Field {
  readonly key: string;
  /** Whether a text in it goes on with what came before. */
  readonly continues: boolean;
}

function restOf(known: unknown, value: unknown, { key, continues }: Field): { readonly value: unknown } | null {
  if (typeof value === 'string' && typeof known === 'string' && continues) {
    return value.startsWith(known) ? { value: value.slice(known.length) } : null;
  }
  if (Array.isArray(value)) {
    const list = restOfList(partsOf(known), value);
    return list && { value: list };
  }
  if (isObject(known) && isObject(value)) {
    const rest = unmerge(known, value, CALLED.includes(key));
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
    } else if (position === known.length - 1 && continuesPart(known[position], element)) {
      const part = unmerge(fieldsOf(known[position]), fieldsOf(element));
      if (part === null) return null;
      rest.push({ type: fieldsOf(element)['type'], ...part });
    } else return null;
  }
  return rest;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
