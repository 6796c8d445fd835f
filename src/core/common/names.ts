import { utf8Bytes } from './limits.js';

/** What a name is, for messages. */
export const A_NAME = 'a name of 1 to 200 characters, without control characters';

/** Ids in Temporal have at most 255 bytes on servers that keep them in PostgreSQL; ids of rows have more behind them. */
const MAX_NAME_BYTES = 240;

const NAME = /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,200}$/u;

/**
 * Whether a text can be the name of a model group or the id of a call or batch: it becomes an id in Temporal, a search
 * attribute and a header.
 */
export function isName(text: string): boolean {
  return NAME.test(text) && utf8Bytes(text) <= MAX_NAME_BYTES;
}
