import { createHash } from 'node:crypto';
import type { LlmCallInput } from '../core/call/call-types.js';
import { endOfPiece } from '../core/common/text.js';

/** A text with more characters is digested in pieces: whole it would be there twice more, as JSON and in UTF-8. */
const LONG_CHARACTERS = 64 * 1024;

/** Identifies a request, whatever the order of its fields, and however its answer is read. */
export function requestHash({ operation, request }: LlmCallInput): string {
  const hash = createHash('sha256');
  const value = sorted({ operation, request });
  const holders = new Set<unknown>();
  noteLong(value, holders);
  for (const piece of jsonPieces(value, holders)) hash.update(piece);
  return hash.digest('hex');
}

/** JSON that is the same whatever the order of the fields. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? '';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}

/** Notes the lists and objects that have a long text. */
function noteLong(value: unknown, holders: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null) return isLong(value);
  let holds = false;
  for (const part of Object.values(value)) holds = noteLong(part, holders) || holds;
  if (holds) holders.add(value);
  return holds;
}

/** What `JSON.stringify` writes, long texts in pieces. */
function* jsonPieces(value: unknown, holders: ReadonlySet<unknown>): Generator<string, void> {
  if (isLong(value)) {
    yield* piecesOfText(value);
    return;
  }
  if (!holders.has(value)) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  const isList = Array.isArray(value);
  const parts = Object.entries(value as object).filter(([, part]) => isList || isJson(part));
  yield isList ? '[' : '{';
  for (const [index, [key, part]] of parts.entries()) {
    if (index > 0) yield ',';
    if (!isList) yield `${JSON.stringify(key)}:`;
    yield* jsonPieces(part, holders);
  }
  yield isList ? ']' : '}';
}

function* piecesOfText(text: string): Generator<string, void> {
  yield '"';
  for (let left = text; left !== '';) {
    const end = endOfPiece(left, LONG_CHARACTERS);
    // JSON escapes a half of a character that stands alone.
    yield JSON.stringify(left.slice(0, end)).slice(1, -1);
    left = left.slice(end);
  }
  yield '"';
}

function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.length > LONG_CHARACTERS;
}

/** Whether an object of JSON can have it in a field. */
function isJson(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}
