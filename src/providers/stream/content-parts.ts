import { fieldsOf } from '../../core/common/fields.js';

/** Where a part of a content has its text: one that has it in the same place goes on with the part before it. */
const TEXT_KEYS: readonly string[] = ['text', 'thinking'];

/** A text as the parts that some providers write before it or after it (Mistral, BerriAI/litellm#16272). */
export function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content as unknown[];
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

/** Whether a part goes on with the one before it. */
export function continuesPart(before: unknown, part: unknown): boolean {
  const known = fieldsOf(before);
  const { type, index, ...others } = fieldsOf(part);
  return (
    typeof type === 'string' &&
    type === known['type'] &&
    index === known['index'] &&
    TEXT_KEYS.some((key) => Object.hasOwn(others, key) && Object.hasOwn(known, key))
  );
}
