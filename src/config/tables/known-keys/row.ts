/**
 * What becomes of a key that LiteLLM knows, or that is ours.
 * - `honoured`: it does what its documentation says.
 * - `ignored`: its value is not looked at.
 * - `refused`: calls would mean something else if it were ignored, so it is a problem, unless it is false or empty.
 */
export type KeyRow = { readonly status: 'honoured' } | { readonly status: 'ignored' | 'refused'; readonly why: string };

type Rows = Record<string, KeyRow>;

/** Each argument may name many keys, with spaces between them. */
export function honoured(...keys: string[]): Rows {
  return rows(keys, { status: 'honoured' });
}

export function ignored(why: string, ...keys: string[]): Rows {
  return rows(keys, { status: 'ignored', why });
}

/** @param why - says what to do instead, too */
export function refused(why: string, ...keys: string[]): Rows {
  return rows(keys, { status: 'refused', why });
}

function rows(keys: readonly string[], row: KeyRow): Rows {
  const names = keys.flatMap((key) => key.trim().split(/\s+/));
  return Object.fromEntries(names.map((name) => [name, row]));
}
