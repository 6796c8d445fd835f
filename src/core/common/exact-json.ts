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

/** @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  return mayLoseNumbers(text) ? JSON.parse(text, exact) : JSON.parse(text);
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

/** @param context - has the number as it is written */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  const isLost = typeof value === 'number' && /^-?\d{16,}$/.test(source) && String(value) !== source;
  return isLost ? { [TAG]: source } : value;
}
