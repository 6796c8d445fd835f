import type { OperationRow } from '../core/common/operations.js';
import { finishMeaning } from '../core/errors/tables/finish-reasons.js';
import { fieldsOf } from './provider-error.js';

/** Why an answer that has the form of one is none: it says that it was broken off, or it says nothing. Null: it is one. */
export function whyNoAnswer({ ending }: OperationRow, body: object, parts: readonly unknown[]): string | null {
  if (ending === null || parts.length === 0) return null;
  const isChoice = ending === 'finish_reason';
  for (const part of isChoice ? parts.map(fieldsOf) : []) {
    const { finish_reason: reason, native_finish_reason: native } = part;
    const meaning = finishMeaning(reason);
    if (meaning === 'failed' || (meaning === 'failed if empty' && isNothing(contentOf(part)))) {
      const word = typeof native === 'string' && native !== '' ? `${String(reason)}, ${native}` : String(reason);
      return `the provider broke its answer off (finish_reason ${word})`;
    }
  }
  const says = isChoice ? parts.map(contentOf) : parts.map(contentOfItem);
  const isBlocked = parts.some((part) => finishMeaning(fieldsOf(part)['finish_reason']) === 'blocked');
  const { completion_tokens: completion, output_tokens: output } = fieldsOf(fieldsOf(body)['usage']);
  if (isBlocked || (completion ?? output) !== 0 || !says.every(isNothing)) return null;
  return 'the provider answered 200 with nothing in it, and 0 tokens';
}

function contentOf(choice: unknown): unknown {
  const { message, text } = fieldsOf(choice);
  return [message, text];
}

/** Items other than messages and thoughts say something by being there. */
function contentOfItem(item: unknown): unknown {
  const { type, content, summary, encrypted_content: encrypted } = fieldsOf(item);
  return type === 'message' || type === 'reasoning' ? [content, summary, encrypted] : type;
}

/** What names a thing, and says nothing by itself. */
const LABELS: readonly string[] = ['role', 'type', 'id', 'index', 'object', 'name', 'status'];

function isNothing(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.every(isNothing);
  if (typeof value !== 'object' || value === null) return true;
  // A call says something by its name alone.
  return Object.entries(value).every(([key, inner]) =>
    key === 'tool_calls' || key === 'function_call'
      ? Object.keys(fieldsOf(inner)).length === 0
      : LABELS.includes(key) || isNothing(inner),
  );
}
