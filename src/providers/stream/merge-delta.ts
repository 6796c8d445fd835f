import { EXACT_NUMBER_KEY } from '../../core/common/exact-json.js';
import { ownProperty } from '../../core/common/own-property.js';
import { fieldsOf } from '../provider-error.js';

/** Texts that name something: some providers repeat them in every chunk. All other texts of a delta continue. */
export const NAMES: readonly string[] = ['role', 'id', 'type', 'name', 'object', 'format', EXACT_NUMBER_KEY];

/** Adds what a chunk brings to what came before: texts continue, lists grow, objects merge, anything else is replaced. */
export function mergeDelta(into: Record<string, unknown>, delta: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(delta)) {
    const known = ownProperty(into, key) ?? (Array.isArray(value) ? emptyList(into, key) : undefined);
    if (value === null || value === undefined) {
      if (known === undefined) setField(into, key, null);
    } else if (typeof known === 'string' && typeof value === 'string') {
      if (!NAMES.includes(key)) setField(into, key, known + value);
      else if (value !== '') setField(into, key, value);
    } else if (Array.isArray(known) && Array.isArray(value)) mergeList(known, value);
    else if (isObject(known) && isObject(value)) mergeDelta(known, value);
    else setField(into, key, value);
  }
}

function emptyList(into: Record<string, unknown>, key: string): unknown[] {
  const list: unknown[] = [];
  setField(into, key, list);
  return list;
}

/** An element with an index, as a tool call has it, continues the one with the same index. */
function mergeList(into: unknown[], delta: readonly unknown[]): void {
  for (const item of delta) {
    const { index } = fieldsOf(item);
    const known =
      typeof index === 'number' ? into.findLast((element) => fieldsOf(element)['index'] === index) : undefined;
    if (isObject(known) && isObject(item) && !isOtherCall(known, item)) mergeDelta(known, item);
    else into.push(item);
  }
}

/** Some providers give all tool calls that are made at once the same index: another id with a name is another call. */
function isOtherCall(known: Record<string, unknown>, item: Record<string, unknown>): boolean {
  const { id, function: called } = item;
  return isFilledText(id) && isFilledText(known['id']) && id !== known['id'] && isFilledText(fieldsOf(called)['name']);
}

function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Sets a field under any name a provider may write, `__proto__` for instance, and changes no prototype. */
export function setField(into: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
