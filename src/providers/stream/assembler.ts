import type { FinishMeaning } from '../../core/errors/tables/finish-reasons.js';

/** What a chunk brought. */
export interface ChunkMark {
  /** Whether a reader would see anything of it. */
  readonly hasContent: boolean;
  /** What it says of the end of the answer, or of one of its choices; null: nothing. */
  readonly end: FinishMeaning | null;
}

/** Puts the chunks of one form of stream together. */
export interface Assembler {
  /** Whether a chunk has, or may have, a part of an answer in it, whatever else it says. */
  isPiece(chunk: Record<string, unknown>): boolean;
  add(chunk: Record<string, unknown>): ChunkMark;
  /** Whether anything came that a reader would have seen. */
  readonly hasContent: boolean;
  /** What the provider last said of its charge. */
  readonly usage: unknown;
  /** Whether the last chunk came: what follows does not matter. */
  readonly isOver: boolean;
  /** Whether the answer is whole when the stream ends now, with or without `[DONE]`. */
  isWhole(saidDone: boolean): boolean;
  /** The answer as it would have come without a stream. */
  response(): unknown;
}

/** Whether a reader would see anything of a value. */
export function isFilled(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
