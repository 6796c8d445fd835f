import type { Payload } from '@temporalio/common';
import type { Path } from '../core/call/outline.js';

/** Where the data of a payload has what its workflow hands on, and the value without that. */
export interface Outlined {
  readonly value: unknown;
  readonly parts: readonly { readonly path: Path; readonly start: number; readonly bytes: number }[];
}

/** Beside the encoding. It goes no further than to the codec: nothing that is kept has it. */
const OUTLINE = 'holdfast-outline';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The payload with word of its outline. */
export function marked({ metadata, data }: Payload, outline: Outlined): Payload {
  return { metadata: { ...metadata, [OUTLINE]: encoder.encode(JSON.stringify(outline)) }, data: data ?? null };
}

/** The payload without that word, and what it said; null: there was none. */
export function unmarked(payload: Payload): { readonly payload: Payload; readonly outline: Outlined | null } {
  const { [OUTLINE]: mark, ...metadata } = payload.metadata ?? {};
  if (!mark) return { payload, outline: null };
  return {
    payload: { metadata, data: payload.data ?? null },
    outline: JSON.parse(decoder.decode(mark)) as Outlined,
  };
}
