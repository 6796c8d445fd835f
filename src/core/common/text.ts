import { utf8Bytes } from './limits.js';

/** What stands in a text for what cannot be stored or sent. */
const REPLACEMENT = '\ufffd';

const CUT = '…';

/**
 * Text that everything takes: halves of surrogate pairs, which are no UTF-8 and end a worker that puts them into a
 * message of Temporal's, and NUL, which PostgreSQL refuses, are replaced.
 */
export function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\0', REPLACEMENT);
}

/** Well-formed text of at most so many characters; no character is cut in two. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return wellFormed(text);
  const kept = text.slice(0, maxLength - CUT.length);
  const endsInHalf = /[\ud800-\udbff]$/.test(kept);
  return wellFormed(endsInHalf ? kept.slice(0, -1) : kept) + CUT;
}

/** Well-formed text of at most so many bytes in UTF-8. */
export function cutBytes(text: string, maxBytes: number): string {
  const whole = wellFormed(text);
  if (utf8Bytes(whole) <= maxBytes) return whole;
  let bytesLeft = maxBytes - utf8Bytes(CUT);
  let kept = '';
  for (const character of whole) {
    bytesLeft -= utf8Bytes(character);
    if (bytesLeft < 0) break;
    kept += character;
  }
  return kept + CUT;
}

/** Where a piece of a text ends that has about so many characters: no character is cut in two. */
export function endOfPiece(text: string, characters: number): number {
  return isFirstHalf(text.charCodeAt(characters - 1)) ? characters + 1 : characters;
}

/** A text in pieces of about so many characters. It has no more of the text than what is left. */
export function* textPieces(left: { text: string }, characters: number): Generator<string, void> {
  while (left.text !== '') {
    const end = endOfPiece(left.text, characters);
    yield left.text.slice(0, end);
    left.text = left.text.slice(end);
  }
}

/** Of a character that is two for JavaScript. */
function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
