import type { Connection } from '../../config/index.js';
import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { jsonRequest } from '../json-request.js';
import type { ProviderApi } from '../provider-api.js';
import { MessageAssembler } from './message-assembler.js';
import { MESSAGE_FORM } from './message-form.js';

/** The version of the API, where the caller names none. */
const VERSION = '2023-06-01';

/** Anthropic's API, at Anthropic and at those who offer it. */
export const MESSAGES_API: ProviderApi = {
  whyNot: ({ provider, messages }) =>
    messages === undefined
      ? `no Messages API of ${provider}/… is known: ask it by POST /v1/chat/completions. Messages are served by ` +
        'anthropic/…, openrouter/…, deepseek/… and others, and by any endpoint that has them as anthropic/MODEL with api_base'
      : null,
  urlOf,
  answerForm: () => MESSAGE_FORM,
  assembler: () => new MessageAssembler(),
  async httpRequest(request) {
    const { connection, operation } = request;
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    return jsonRequest(request, urlOf(connection, operation), { ...json, ...messagesHeaders(connection) });
  },
};

/** What each request has. Where there is no key, it is signed. */
export function messagesHeaders({ apiKey, signIn, messages }: Connection): Record<string, string> {
  const key = messages?.keyIn === 'bearer' ? { authorization: `Bearer ${apiKey}` } : { 'x-api-key': apiKey };
  return { 'anthropic-version': VERSION, ...(signIn === undefined && key) };
}

function urlOf({ messages, apiBase }: Connection, operation: Operation): string {
  return `${messages?.base ?? apiBase}${OPERATIONS[operation].path}`;
}
