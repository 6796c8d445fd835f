import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { keyHeaders, openAiUrl } from '../endpoints.js';
import { jsonRequest } from '../json-request.js';
import { UnfitNameError, type ProviderApi } from '../provider-api.js';
import { ChoicesAssembler } from '../stream/choices-assembler.js';
import { EventsAssembler } from '../stream/events-assembler.js';
import { answerForm } from './answer-forms.js';
import { clientHeaders } from './client-headers.js';

/** Providers of which only some operations are there: platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk, 2026-11. */
const ONLY: Readonly<Record<string, readonly Operation[]>> = { anthropic: ['chat.completions', 'messages'] };

/** They are the same for each request. */
let ofClient: ReturnType<typeof clientHeaders> | undefined;

const LEADS_ELSEWHERE = /\/\.{1,2}\//;

/** OpenAI's API: the requests look as its client makes them. */
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
    const { connection, operation, model } = request;
    const { organization } = connection;
    const url = openAiUrl(connection, operation, model);
    if (LEADS_ELSEWHERE.test(url)) throw new UnfitNameError(model);
    return jsonRequest(request, url, {
      ...(await (ofClient ??= clientHeaders())),
      ...(organization !== undefined && { 'openai-organization': organization }),
      ...keyHeaders(connection),
    });
  },
};
