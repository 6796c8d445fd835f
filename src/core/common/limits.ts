/**
 * The largest request and the largest answer, in bytes of JSON. Temporal refuses payloads over 2 MB, and a result
 * travels together with its ledger.
 */
export const MAX_PAYLOAD_BYTES = 1_500_000;

/** Lists and objects within each other that a request may have: what walks through deeper ones runs out of stack. */
export const MAX_NESTING = 200;

/** Whether a value has more lists and objects within each other than so many. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isNestedDeeper(part, levels - 1));
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

/** Bytes of a value as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return utf8Bytes(JSON.stringify(value) ?? '');
}
