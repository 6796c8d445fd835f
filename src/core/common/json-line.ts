import { stringifyExactJson } from './exact-json.js';

/** What JSON leaves as it is, and some readers take for the end of a line: NEL, and Unicode's separators. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** JSON that is one line for every reader. */
export function jsonLine(value: unknown): string {
  return stringifyExactJson(value).replace(
    LINE_ENDS,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
