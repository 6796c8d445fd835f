import { OPERATIONS, type OperationRow } from '../../core/common/operations.js';
import type { ProviderRequest } from '../provider-request.js';

/** The form in which the answer is to be streamed; null: it comes as a whole. */
export function streamForm({ operation, body }: ProviderRequest): OperationRow['stream'] {
  return body['stream'] === true ? OPERATIONS[operation].stream : null;
}

/** How many choices the answer is to have. */
export function choicesAsked({ operation, connection, body }: ProviderRequest): number {
  const { n, prompt } = { ...connection.params, ...body };
  const perPrompt = typeof n === 'number' && Number.isInteger(n) && n > 0 ? n : 1;
  // A list of numbers is one prompt, in tokens.
  const isList = operation === 'completions' && Array.isArray(prompt) && typeof prompt[0] !== 'number';
  return isList ? perPrompt * Math.max(1, prompt.length) : perPrompt;
}
