import { EXACT_NUMBER_KEY } from './exact-json.js';
import { textPieces } from './text.js';

/** A text with more characters becomes JSON in pieces: whole it would be there twice more, as JSON and in UTF-8. */
const LONG_CHARACTERS = 64 * 1024;

/** What JSON escapes; half of a character only where it stands alone. */
// oxlint-disable-next-line no-control-regex -- these are what it looks for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A long text, whose JSON is made where it is written. */
class LongText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  *pieces(): Generator<string, void> {
    yield '"';
    for (const piece of textPieces({ text: this.#text }, LONG_CHARACTERS)) {
      // Most long texts are images: nothing is made of what stands as it is.
      yield ESCAPED.test(piece) ? JSON.stringify(piece).slice(1, -1) : piece;
    }
    yield '"';
  }
}

/** A part of a JSON text: made already, or to be made. */
export type JsonPart = string | LongText;

/** What `JSON.stringify` writes of a value, in parts, one after the other; null: the value has no long text, and is written whole. */
export function jsonParts(value: unknown): JsonPart[] | null {
  const holders = new Set<unknown>();
  return noteLong(value, holders) ? partsOf(value, holders) : null;
}

/** The JSON of parts, in pieces. That of long texts is made each time. */
export function* jsonPieces(parts: Iterable<JsonPart>): Generator<string, void> {
  for (const part of parts) {
    if (typeof part === 'string') yield part;
    else yield* part.pieces();
  }
}

/** Notes the lists and objects that have a long text; returns whether the value is one, or has one. */
function noteLong(value: unknown, holders: Set<unknown>): boolean {
  if (isLong(value)) return true;
  // What has the digits of a number is one, however long.
  if (!isPlain(value) || EXACT_NUMBER_KEY in value) return false;
  let holds = false;
  for (const part of Array.isArray(value) ? value : Object.values(value)) holds = noteLong(part, holders) || holds;
  if (holds) holders.add(value);
  return holds;
}

/** None: JSON has no such value. */
function partsOf(value: unknown, holders: ReadonlySet<unknown>): JsonPart[] {
  if (isLong(value)) return [new LongText(value)];
  if (!holders.has(value)) {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? [] : [json];
  }
  if (Array.isArray(value)) {
    const each = Array.from(value as readonly unknown[], (part) => partsOf(part, holders));
    return ['[', ...withCommas(each.map((parts) => (parts.length === 0 ? ['null'] : parts))), ']'];
  }
  const fields = Object.entries(value as object).map(([key, part]): JsonPart[] => {
    const parts = partsOf(part, holders);
    return parts.length === 0 ? [] : [`${JSON.stringify(key)}:`, ...parts];
  });
  return ['{', ...withCommas(fields.filter(({ length }) => length > 0)), '}'];
}

function withCommas(each: readonly JsonPart[][]): JsonPart[] {
  return each.flatMap((parts, index) => (index === 0 ? parts : [',', ...parts]));
}

function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.length > LONG_CHARACTERS;
}

/** A list or an object that JSON writes as what it has. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
