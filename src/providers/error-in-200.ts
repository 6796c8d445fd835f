import { CODE_OF_MINIMAX } from '../core/errors/tables/minimax-codes.js';
import type { ProviderError } from '../core/errors/failure-facts.js';
import { fieldsOf } from '../core/common/fields.js';
import { isBlank, providerErrorOf, valuesAt } from './provider-error.js';

/** Where an error stands beside an answer, or in a part of it. */
const BESIDE: readonly (readonly string[])[] = [
  ['error'],
  ['errors'],
  ['choices', '*', 'error'],
  ['choices', '*', 'delta', 'error'],
  ['choices', '*', 'message', 'error'],
];

/** Where it stands instead of one. */
const INSTEAD: readonly (readonly string[])[] = [['message'], ['msg'], ['detail'], ['error_msg'], ['error_message']];

/**
 * The error that a body, or an event of a stream, tells under a 200; null: it tells none. An error without any content is
 * none, wherever it stands.
 * @param hasAnswer - whether there is anything that belongs into an answer: what is wrong is only said in its place
 */
export function errorIn200(given: unknown, hasAnswer: boolean, secrets: readonly string[]): ProviderError | null {
  // Gemini's are in a list of one.
  const body: unknown = Array.isArray(given) ? given[0] : given;
  const fields = fieldsOf(body);
  for (const place of BESIDE) {
    const error = valuesAt(body, place).find((value) => !isBlank(value));
    if (error !== undefined) return providerErrorOf(place.length === 1 ? body : { error }, secrets);
  }
  const { status_code: code } = fieldsOf(fields['base_resp']);
  if (typeof code === 'number' && code !== 0) {
    return { ...providerErrorOf(body, secrets), code: CODE_OF_MINIMAX[code] ?? String(code) };
  }
  const isError = fields['object'] === 'error' || fields['type'] === 'error';
  const saysError = !hasAnswer && INSTEAD.some((place) => valuesAt(body, place).some((value) => !isBlank(value)));
  return isError || saysError ? providerErrorOf(body, secrets) : null;
}
