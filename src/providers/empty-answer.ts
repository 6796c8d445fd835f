import { finishMeaning } from '../core/errors/tables/finish-reasons.js';
import { fieldsOf } from '../core/common/fields.js';
import { usageIn } from './tokens.js';

/** What a part of an answer, or all of it, says of its end, and what is in it. */
interface Said {
  readonly reason: unknown;
  /** The reason of the provider behind the provider. */
  readonly native: unknown;
  readonly content: unknown;
}

/**
 * Why an answer that has the form of one is none: it says that it was broken off, or it says nothing. Null: it is one.
 * @param field - where it says how it came to its end
 */
export function whyNothing(field: string, body: object, said: readonly Said[]): string | null {
  const meanings = said.map(({ reason }) => finishMeaning(reason));
  for (const [index, { reason, native, content }] of said.entries()) {
    const meaning = meanings[index];
    if (meaning === 'failed' || (meaning === 'failed if empty' && isNothing(content))) {
      const word = typeof native === 'string' && native !== '' ? `${String(reason)}, ${native}` : String(reason);
      return `the provider broke its answer off (${field} ${word})`;
    }
  }
  const { completion_tokens: completion, output_tokens: output } = fieldsOf(usageIn(body));
  const isEmpty = (completion ?? output) === 0 && said.every(({ content }) => isNothing(content));
  if (meanings.includes('blocked') || !isEmpty) return null;
  return 'the provider answered 200 with nothing in it, and 0 tokens';
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
