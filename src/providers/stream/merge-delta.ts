import { EXACT_NUMBER_KEY, stringifyExactJson } from '../../core/common/exact-json.js';
import { ownProperty } from '../../core/common/own-property.js';
import { fieldsOf } from '../../core/common/fields.js';
import { continuesPart, partsOf } from './content-parts.js';
import { CALLED, continuedCall, mergedName } from './tool-call-pieces.js';

type Fields = Record<string, unknown>;

/** Texts that name something: some providers repeat them in every chunk. All other texts of a delta continue. */
export const NAMES: readonly string[] = ['role', 'id', 'type', 'name', 'object', 'format'];

/** What a call is called with, in JSON as a text. */
const ARGUMENTS: readonly string[] = ['arguments', 'input'];

/**
 * Adds what a chunk brings to what came before: texts continue, lists grow, objects merge, anything else is replaced.
 * @param isCalled - whether it is the part of a tool call that says what is called
 */
export function mergeDelta(into: Fields, delta: Fields, isCalled = false): void {
  for (const [key, value] of Object.entries(delta)) {
    const known = ownProperty(into, key);
    if (value === null || value === undefined) {
      if (known === undefined) setField(into, key, null);
    } else setField(into, key, isCalled ? mergedCalled(known, value, key, into) : merged(known, value, key));
  }
}

function mergedCalled(known: unknown, value: unknown, key: string, called: Fields): unknown {
  if (key === 'name' && typeof known === 'string' && typeof value === 'string') return mergedName(known, value, called);
  // Some write the arguments themselves, not their text.
  return merged(known, isObject(value) && ARGUMENTS.includes(key) ? stringifyExactJson(value) : value, key);
}

function merged(known: unknown, value: unknown, key: string): unknown {
  if (typeof known === 'string' && typeof value === 'string') {
    if (!NAMES.includes(key)) return known + value;
    return known === '' ? value : known;
  }
  if (Array.isArray(known) ? isListOrText(value) : Array.isArray(value) && (isListOrText(known) || isNone(known))) {
    const into = partsOf(known);
    addToList(into, partsOf(value), key);
    return into;
  }
  if (!isObject(value) || Object.hasOwn(value, EXACT_NUMBER_KEY)) return value;
  if (isObject(known)) mergeDelta(known, value, CALLED.includes(key));
  return isObject(known) ? known : copied(value, CALLED.includes(key));
}

function addToList(into: unknown[], items: readonly unknown[], key: string): void {
  for (const item of items) {
    const known = key === 'tool_calls' ? continuedCall(into, item) : continuedElement(into, item);
    if (!isObject(item)) into.push(item);
    else if (known === undefined) into.push(copied(item));
    else {
      const { index, ...rest } = item;
      mergeDelta(known, { ...(typeof known['index'] === 'number' ? {} : { index }), ...rest });
    }
  }
}

/** An element with an index continues the one with the same index; a part of a content the one before it. */
function continuedElement(list: readonly unknown[], item: unknown): Fields | undefined {
  const { index, type } = fieldsOf(item);
  const last = list.at(-1);
  if (typeof index !== 'number') return isObject(last) && continuesPart(last, item) ? last : undefined;
  return list
    .filter(isObject)
    .findLast((known) => known['index'] === index && (type === undefined || (known['type'] ?? type) === type));
}

/** A copy whose own lists and texts may be added to. */
function copied(value: Fields, isCalled = false): Fields {
  const copy: Fields = {};
  mergeDelta(copy, value, isCalled);
  return copy;
}

function isListOrText(value: unknown): boolean {
  return Array.isArray(value) || typeof value === 'string';
}

function isNone(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Sets a field under any name a provider may write, `__proto__` for instance, and changes no prototype. */
export function setField(into: Fields, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
