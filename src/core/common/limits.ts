import { isSurelyWithin, jsonBytes } from './json-bytes.js';

/**
 * The largest request and the largest answer that go through Temporal, in bytes of JSON. It refuses payloads over 2 MB, and a
 * result travels together with its ledger.
 */
export const MAX_PAYLOAD_BYTES = 1_500_000;

/** The same where what Temporal does not take goes to external storage; and of a row of a batch, whose answer is written beside its file. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** Lists and objects within each other that a request may have: what walks through deeper ones runs out of stack. */
export const MAX_NESTING = 200;

/** As many values as a request of that size can have: each takes a character and a comma. */
export const MAX_VALUES = DEFAULT_MAX_PAYLOAD_BYTES / 2;

/** What a request has too much of: values within each other, or values at all; null: it can be looked at. */
export type Excess = 'nesting' | 'values' | null;

/** Why a request is too large to be kept, and what to do; null: it is not. */
export function oversize(request: unknown, mostBytes = MAX_PAYLOAD_BYTES): string | null {
  const bytes = bytesOver([request], mostBytes);
  return bytes === null ? null : tooLarge('the request has', bytes, mostBytes);
}

/** What to do about what is too large. */
export const SEND_LESS = 'Send less, or set external_storage (max_payload_mb) in the config';

export function tooLarge(what: string, bytes: number, mostBytes: number): string {
  return `${what} ${bytes} bytes of JSON; at most ${mostBytes} can be kept. ${SEND_LESS}`;
}

/** Bytes that values have together as JSON, where these are more than so many; null: they are not. */
export function bytesOver(values: readonly unknown[], mostBytes: number): number | null {
  if (isSurelyWithin(values, mostBytes)) return null;
  const bytes = values.reduce<number>((sum, value) => sum + jsonBytes(value), 0);
  return bytes > mostBytes ? bytes : null;
}

/**
 * A workflow with a longer history makes no more calls, in bytes. Temporal ends one at 50 MB: there is room left for the requests and
 * the answers that are on their way, and for continuing as new.
 */
export const MAX_HISTORY_BYTES = 40_000_000;

/** Looks no further than where it is too much. */
export function excessOf(value: unknown, { nesting = MAX_NESTING, values = MAX_VALUES } = {}): Excess {
  let left = values;
  const look = (part: unknown, levels: number): Excess => {
    if (typeof part !== 'object' || part === null) return null;
    if (levels === 0) return 'nesting';
    const children: readonly unknown[] = Array.isArray(part) ? part : Object.values(part);
    left -= children.length;
    if (left < 0) return 'values';
    for (const child of children) {
      const excess = look(child, levels - 1);
      if (excess !== null) return excess;
    }
    return null;
  };
  return look(value, nesting);
}

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts 2: together the 4 bytes of the character.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
