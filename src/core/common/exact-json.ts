/**
 * Whole numbers that JavaScript cannot hold go through unchanged: seeds, ids, bounds of schemas. Between the edges such a
 * number is an object with its digits as a text, so that everything that carries JSON carries it, histories included.
 */
const TAG = 'holdfast:number';

/** Where a text may have such a number, also inside of a text: then it is looked at more closely. */
const LONG_NUMBER = /(?:^|[[:,\s])-?\d{16,}(?=[\s,}\]]|$)/;

/** As it is written where no text can be: there, quotes have a backslash. */
const TAGGED = new RegExp(`\\{"${TAG}":"(-?\\d+)"\\}`, 'g');

/** The key that holds the digits. */
export const EXACT_NUMBER_KEY = TAG;

/** A text, to be passed over; or a whole number of so many digits, which may be more than JavaScript can hold. */
const TEXT_OR_LONG_NUMBER = /"[^"\\]*(?:\\[^][^"\\]*)*"|(?<![\w.+-])-?[1-9]\d{15,}(?=[\s,}\]]|$)/g;

/** @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  // Tagged before it is parsed: to be asked about each value would take the parser fifty times as long.
  return JSON.parse(mayLoseNumbers(text) ? text.replace(TEXT_OR_LONG_NUMBER, exact) : text);
}

/** Whether `JSON.parse` alone may change a number of the text. */
export function mayLoseNumbers(text: string): boolean {
  return LONG_NUMBER.test(text);
}

export function stringifyExactJson(value: unknown): string {
  return exactJson(JSON.stringify(value));
}

/** JSON that was written without regard to such numbers, with them as they were. */
export function exactJson(json: string): string {
  return json.includes(TAG) ? json.replace(TAGGED, '$1') : json;
}

function exact(found: string): string {
  const isLost = !found.startsWith('"') && String(Number(found)) !== found;
  return isLost ? `{"${TAG}":"${found}"}` : found;
}
