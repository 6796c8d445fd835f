/** As many bytes of JSON has a character at most, and any other value, with what stands around it. */
export const MOST_OF_CHARACTER = 6;
const MOST_OF_VALUE = 30;

/** Characters that are escaped by one letter. */
const SHORT_ESCAPES = '\b\t\n\f\r"\\';

/** Bytes in UTF-8 of a character that JSON writes as it is, and of one that it escapes. */
const PLAIN = 1;
const SHORT = 2;
const LONG = 6;

/** Bytes of each character of ASCII, each as the code of a character: of such a text any place is a number. */
const OF_ASCII = String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => bytesOfAscii(code)));

/** Bytes of a value as JSON in UTF-8. No JSON is made of it: that of a large value would be as large again. */
export function jsonBytes(value: unknown): number {
  return bytesOf(value, '') ?? 0;
}

/** Whether a value surely has no more bytes of JSON. Looks no further than it takes, and at no character. */
export function isSurelyWithin(value: unknown, bytes: number): boolean {
  let left = bytes;
  const take = (part: unknown): boolean => {
    left -= MOST_OF_VALUE + (typeof part === 'string' ? MOST_OF_CHARACTER * part.length : 0);
    if (left < 0) return false;
    if (typeof part !== 'object' || part === null) return true;
    if (Array.isArray(part)) return part.every(take);
    if (hasToJson(part)) return false;
    return Object.entries(part).every(([key, child]) => take(key) && take(child));
  };
  return take(value);
}

/** Null: JSON has no such value. */
function bytesOf(given: unknown, key: string): number | null {
  const value = hasToJson(given) ? given.toJSON(key) : given;
  switch (typeof value) {
    case 'string':
      return bytesOfText(value);
    case 'number':
      return Number.isFinite(value) ? String(value).length : 'null'.length;
    case 'boolean':
      return String(value).length;
    case 'object':
      if (value === null) return 'null'.length;
      return Array.isArray(value) ? bytesOfList(value) : bytesOfObject(value as Readonly<Record<string, unknown>>);
    default:
      return null;
  }
}

function bytesOfList(list: readonly unknown[]): number {
  let bytes = '[]'.length + Math.max(0, list.length - 1);
  for (const [index, each] of list.entries()) bytes += bytesOf(each, String(index)) ?? 'null'.length;
  return bytes;
}

function bytesOfObject(object: Readonly<Record<string, unknown>>): number {
  let [bytes, fields] = ['{}'.length, 0];
  for (const key of Object.keys(object)) {
    const own = bytesOf(object[key], key);
    if (own === null) continue;
    bytes += bytesOfText(key) + ':'.length + own;
    fields += 1;
  }
  return bytes + Math.max(0, fields - 1);
}

function bytesOfText(text: string): number {
  let bytes = '""'.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += OF_ASCII.charCodeAt(code);
    else if (code < 0x800) bytes += 2;
    else if (code < 0xd800 || code > 0xdfff) bytes += 3;
    else if (isPair(code, text.charCodeAt(index + 1))) {
      bytes += 4;
      index += 1;
    } else bytes += LONG;
  }
  return bytes;
}

function bytesOfAscii(code: number): number {
  if (SHORT_ESCAPES.includes(String.fromCharCode(code))) return SHORT;
  return code < 0x20 ? LONG : PLAIN;
}

/** Whether two halves are one character. Half of one is escaped. */
function isPair(first: number, second: number): boolean {
  return first < 0xdc00 && second >= 0xdc00 && second <= 0xdfff;
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
}
