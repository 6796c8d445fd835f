import type { Tokens } from '../core/errors/failure-facts.js';
import { fieldsOf } from './provider-error.js';

/** The tokens that a provider says it charged; null when it does not say. */
export function tokensOf(usage: unknown): Tokens | null {
  const fields = fieldsOf(usage);
  const count = (...names: string[]) => names.map((name) => fields[name]).find((value) => typeof value === 'number');
  const prompt = count('prompt_tokens', 'input_tokens') ?? 0;
  const completion = count('completion_tokens', 'output_tokens') ?? 0;
  const total = count('total_tokens') ?? prompt + completion;
  return total === 0 ? null : { prompt, completion, total };
}
