/**
 * What becomes of a key that LiteLLM knows, or that is ours.
 * - `honoured`: it does what its documentation says.
 * - `checked`: its value must be right, but nothing acts on it yet.
 * - `ignored`: its value is not looked at.
 * - `refused`: calls would mean something else if it were ignored, so it is a problem, unless it is false or null.
 */
export type KeyRow =
  { readonly status: 'honoured' } | { readonly status: 'checked' | 'ignored' | 'refused'; readonly why: string };

export function honoured<Key extends string>(...keys: Key[]): Record<Key, KeyRow> {
  return rows(keys, { status: 'honoured' });
}

export function checked<Key extends string>(why: string, ...keys: Key[]): Record<Key, KeyRow> {
  return rows(keys, { status: 'checked', why });
}

export function ignored<Key extends string>(why: string, ...keys: Key[]): Record<Key, KeyRow> {
  return rows(keys, { status: 'ignored', why });
}

export function refused<Key extends string>(why: string, ...keys: Key[]): Record<Key, KeyRow> {
  return rows(keys, { status: 'refused', why });
}

function rows<Key extends string>(keys: readonly Key[], row: KeyRow): Record<Key, KeyRow> {
  return Object.fromEntries(keys.map((key) => [key, row])) as Record<Key, KeyRow>;
}
