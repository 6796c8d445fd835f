import OpenAI from 'openai';
import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { bodyFor, clientFor, openAiUrl } from '../endpoints.js';
import type { ProviderApi } from '../provider-api.js';
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
  async post(request, send) {
    const { connection, operation, model, body } = request;
    const client = clientFor({ ...connection, headers: headersOf(request) }, operation, model, {
      // The client gives its URL and its JSON as text.
      fetch: (url, init) =>
        send(url as string, {
          method: init?.method,
          headers: new Headers(init?.headers),
          body: init?.body as string,
        }),
    });
    try {
      await client.post(OPERATIONS[operation].path, { body: bodyFor(connection, body, model) }).asResponse();
    } catch (error) {
      // What was thrown while sending, unwrapped.
      throw error instanceof OpenAI.APIConnectionError ? (error.cause ?? error) : error;
    }
  },
};
