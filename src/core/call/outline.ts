import { isSurelyWithin } from '../common/json-bytes.js';
import type { Operation } from '../common/operations.js';
import { requestLine, type RawRequest } from '../plan/request.js';

/** A field of a value within another one: the keys on the way there. */
export type Path = readonly string[];

/** As much of a large value as its workflow looks at. */
export interface Outline {
  /** The value, with null where it has what is handed on. */
  readonly value: unknown;
  /** Where that is, in the order of the value. */
  readonly paths: readonly Path[];
}

/** What has less stays where it is. */
const LEAST_BYTES = 32 * 1024;

/** A field of requests that the workflow looks into. */
const LOOKED_INTO = 'metadata';

/**
 * The outline of what a call is given, or of what its group answers: its workflow hands the large fields of the request on, and the
 * answer, and looks into none of them. Null: the value is no such thing, or has nothing large.
 */
export function outlineOf(value: unknown): Outline | null {
  if (typeof value !== 'object' || value === null) return null;
  if (isInput(value)) return ofInput(value);
  if (!isOutput(value) || isSurelyWithin(value.response, LEAST_BYTES)) return null;
  return { value: { ...value, response: null }, paths: [['response']] };
}

interface Input {
  readonly operation: Operation;
  readonly request: RawRequest;
}

function ofInput({ operation, request, ...more }: Input): Outline | null {
  const isLarge = (key: string) => key !== LOOKED_INTO && !isSurelyWithin(request[key], LEAST_BYTES);
  const large = new Set(Object.keys(request).filter(isLarge));
  if (large.size === 0) return null;
  const left = Object.fromEntries(Object.entries(request).map(([key, each]) => [key, large.has(key) ? null : each]));
  const line = requestLine(operation, request);
  return { value: { operation, ...more, request: left, line }, paths: [...large].map((key) => ['request', key]) };
}

function isInput(value: object): value is Input {
  return 'operation' in value && 'request' in value && typeof value.request === 'object' && value.request !== null;
}

function isOutput(value: object): value is { readonly response: unknown } {
  return 'ended' in value && 'response' in value;
}

/** The JSON of a value around what it has at some places, in its order: one text more than these are. */
export function jsonAround(value: unknown, paths: readonly Path[]): string[] {
  const texts = [''];
  const add = (text: string) => texts.push(`${texts.pop()}${text}`);
  const write = (part: unknown, below: readonly Path[]): void => {
    if (below.length === 0) add(JSON.stringify(part));
    else if (below.some((path) => path.length === 0)) texts.push('');
    else {
      const within = Map.groupBy(below, ([first]) => first);
      const fields = Object.entries(part as object).filter(([, child]) => child !== undefined);
      for (const [index, [key, child]] of fields.entries()) {
        add(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`);
        write(child, within.get(key)?.map((path) => path.slice(1)) ?? []);
      }
      add('}');
    }
  };
  write(value, paths);
  return texts;
}

/** What a value has at a place. */
export function partAt(value: unknown, path: Path): unknown {
  return path.reduce((part, key) => (part as Readonly<Record<string, unknown>>)[key], value);
}
