import { OPERATIONS, type OperationRow } from '../../core/common/operations.js';
import { fieldsOf } from '../provider-error.js';
import type { ProviderRequest } from '../provider-request.js';

/** The form in which the answer is to be streamed; null: it comes as a whole. */
export function streamForm({ operation, body }: ProviderRequest): OperationRow['stream'] {
  return body['stream'] === true ? OPERATIONS[operation].stream : null;
}

/** Whether the caller, or the deployment, wants to see the tokens at the end of the stream. */
export function showsUsage({ connection, body }: ProviderRequest): boolean {
  const { stream_options: options } = { ...connection.params, ...body };
  return fieldsOf(options)['include_usage'] === true;
}

/**
 * The request with a question for the tokens, which streams do not tell unasked. A caller who sets `include_usage` is
 * heard, and `stream_options: null` sends none, for providers that do not know them.
 */
export function askingForUsage(request: ProviderRequest): ProviderRequest {
  // Those of Responses are about other things: their last event always tells the tokens.
  if (streamForm(request) === 'events') return request;
  const { stream_options: options, ...body } = { ...request.connection.params, ...request.body };
  if (options === null) return { ...request, body };
  return { ...request, body: { ...body, stream_options: { include_usage: true, ...fieldsOf(options) } } };
}
