import type { FailureFacts } from '../../core/errors/failure-facts.js';
import { kindOfHttpError } from '../../core/errors/judge-error.js';
import { fieldsOf } from '../../core/common/fields.js';
import type { ProviderRequest } from '../provider-request.js';
import { streamForm } from './stream-request.js';

/** The others always tell the tokens; `stream_options` of Responses is about other things. */
const TOLD_WHEN_ASKED: readonly (string | null)[] = ['messages', 'texts'];

/**
 * The request with a question for the tokens, which streams do not tell unasked; null: nothing is to be asked. A caller, or
 * a deployment, that says something of `include_usage` is heard.
 */
export function askingForUsage(request: ProviderRequest): ProviderRequest | null {
  if (!TOLD_WHEN_ASKED.includes(streamForm(request))) return null;
  const { stream_options: options } = { ...request.connection.params, ...request.body };
  if (options === null || 'include_usage' in fieldsOf(options)) return null;
  return { ...request, body: { ...request.body, stream_options: { ...fieldsOf(options), include_usage: true } } };
}

/** The request as the caller made it: `stream_options: null` means none, and is not sent. */
export function unasked(request: ProviderRequest): ProviderRequest {
  const { connection, body } = request;
  const { stream_options: options, ...params } = { ...connection.params, ...body };
  return options === null ? { ...request, connection: { ...connection, params: {} }, body: params } : request;
}

const NAMED = /stream[_ ]?options|include[_ ]?usage/i;

/**
 * Whether an endpoint refused the question: it names it, or a parameter that it does not know and that is none of the
 * others (CherryHQ/cherry-studio#9214, microsoft/semantic-kernel#10510).
 */
export function refusesQuestion(
  { cause, contentDelivered }: FailureFacts,
  { connection, body }: ProviderRequest,
): boolean {
  if (contentDelivered === true || (cause.type !== 'http' && cause.type !== 'error in a 200')) return false;
  const { message = '', param = '', moreTexts = [] } = cause.error;
  const said = [message, param, ...moreTexts].join('\n');
  if (NAMED.test(said)) return true;
  const isUnknown = kindOfHttpError(400, cause.error).kind === 'UnsupportedParamsError';
  const others = Object.keys({ ...connection.params, ...body }).filter((name) => name !== 'stream_options');
  return isUnknown && !others.some((name) => said.includes(name));
}
