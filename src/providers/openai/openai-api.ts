import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { bodyFor, clientFor, openAiUrl } from '../endpoints.js';
import type { HttpRequest, ProviderApi } from '../provider-api.js';
import { headersOf } from '../request-headers.js';
import { ChoicesAssembler } from '../stream/choices-assembler.js';
import { EventsAssembler } from '../stream/events-assembler.js';
import { answerForm } from './answer-forms.js';

/** Providers of which only some operations are there: platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk, 2026-11. */
const ONLY: Readonly<Record<string, readonly Operation[]>> = { anthropic: ['chat.completions', 'messages'] };

/** OpenAI's API: the requests are made by its client, with the client's own retries and time-outs off. */
export const OPENAI_API: ProviderApi = {
  whyNot({ provider }, operation) {
    const served = ONLY[provider];
    if (served === undefined || served.includes(operation)) return null;
    const paths = served.map((each) => `POST /v1${OPERATIONS[each].path}`).join(' and ');
    return `${provider}/… does not serve POST /v1${OPERATIONS[operation].path}: ask it by ${paths}`;
  },
  urlOf: openAiUrl,
  answerForm,
  assembler(operation, choices) {
    const { stream } = OPERATIONS[operation];
    if (stream === 'events') return new EventsAssembler();
    return new ChoicesAssembler(stream === 'texts' ? 'texts' : 'messages', choices);
  },
  async httpRequest(request) {
    const { connection, operation, model, body } = request;
    let made: HttpRequest | undefined;
    const client = clientFor({ ...connection, headers: headersOf(request) }, operation, model, {
      // The client gives its URL and its JSON as text. What it made is all that is wanted of it.
      fetch: async (url, { method = 'POST', headers, body: json } = {}) => {
        made = { method, url: url as string, headers: new Headers(headers), body: json as string };
        return new Response(null, { status: 204 });
      },
    });
    await client.post(OPERATIONS[operation].path, { body: bodyFor(connection, body, model) }).asResponse();
    if (made === undefined) throw new Error('the client of the API made no request');
    return made;
  },
};
