import type { Tokens } from '../core/errors/failure-facts.js';
import { fieldsOf } from '../core/common/fields.js';
import { isBlank, valuesAt } from './provider-error.js';

/** Where an answer has its tokens: at the top, in a choice (earendil-works/pi#2017, 2026-03), or in what Groq adds to a stream. */
const USAGE_PLACES: readonly (readonly string[])[] = [['usage'], ['choices', '*', 'usage'], ['x_groq', 'usage']];

/** What an answer says of its tokens; undefined: nothing. */
export function usageIn(answer: unknown): unknown {
  return USAGE_PLACES.flatMap((place) => valuesAt(answer, place)).find((usage) => !isBlank(usage));
}

/** The tokens that a provider says it charged; null when it does not say. */
export function tokensOf(usage: unknown): Tokens | null {
  const fields = fieldsOf(usage);
  const count = (...names: string[]) => names.map((name) => fields[name]).find((value) => typeof value === 'number');
  const prompt = count('prompt_tokens') ?? (count('input_tokens') ?? 0) + cached(fields);
  const completion = count('completion_tokens', 'output_tokens') ?? 0;
  const total = count('total_tokens') ?? prompt + completion;
  return total === 0 ? null : { prompt, completion, total };
}

/** Anthropic counts what it keeps in its cache, or has from there, beside `input_tokens`. */
function cached(usage: Record<string, unknown>): number {
  return ['cache_creation_input_tokens', 'cache_read_input_tokens']
    .map((name) => usage[name])
    .reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0);
}
