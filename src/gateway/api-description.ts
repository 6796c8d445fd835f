import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { POLICY_FIELDS } from '../core/errors/error-kinds.js';
import { OPERATIONS, type Api, type Operation, type OperationRow } from '../core/common/operations.js';
import type { SETTING_KEYS } from '../core/plan/request.js';
import { TIMING_HEADERS } from './call-timing.js';
import { SETTING_HEADERS } from './request-settings.js';
import { RESTART_HEADER } from './stream-options.js';
import { WEBHOOK_HEADER } from './named-webhook.js';

type JsonSchema = Readonly<Record<string, unknown>>;

const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description });
const seconds = (description: string): JsonSchema => ({ type: 'number', exclusiveMinimum: 0, description });
const policy: JsonSchema = {
  type: 'object',
  properties: Object.fromEntries(POLICY_FIELDS.map((field) => [field, { type: 'integer', minimum: 0 }])),
  additionalProperties: false,
};
const fallbacks = (description: string): JsonSchema => ({
  description,
  type: ['array', 'string', 'object'],
  items: { type: ['string', 'object'], description: 'a model group, or an object with model and what changes for it' },
});

/** The settings that a request may carry beside what is the provider's. */
const SETTINGS = {
  num_retries: count('Retries of errors that are retried by default, in each group; 0: no retries at all'),
  num_retries_per_request: count('Caps the retries of the whole call'),
  retry_policy: { ...policy, description: 'Retries per error kind; wins over num_retries' },
  model_group_retry_policy: {
    type: 'object',
    additionalProperties: policy,
    description: 'Retries per error kind, by model group',
  },
  timeout: seconds('Seconds for the whole call: all retries and fallbacks'),
  stream_timeout: seconds('Seconds until the first content of a streamed answer'),
  fallbacks: fallbacks('Replaces all fallback lists of the config; [] means none'),
  context_window_fallbacks: fallbacks('Replaces the list for prompts that do not fit'),
  content_policy_fallbacks: fallbacks('Replaces the list for what a content policy refused'),
  max_fallbacks: count('Fallback groups tried in all'),
  validate_schema: {
    type: 'boolean',
    description: 'Whether an answer that does not fit the JSON schema of the request is a failed attempt',
  },
  disable_fallbacks: { type: 'boolean', description: 'No fallbacks at all' },
  max_retries: { description: 'Without effect' },
} satisfies Record<(typeof SETTING_KEYS)[number], JsonSchema>;

const ERROR_SCHEMA = {
  $id: 'Error',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code', 'kind'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
        kind: { type: 'string', description: 'The error kind' },
      },
    },
  },
} as const;

/** What is in it is the provider's, or the route's, affair; so is its form: JSON, events, text. */
const ANSWER = { type: 'null', description: 'The answer' } as const;

const STREAM = { type: 'boolean', description: 'Server-sent events, as the provider writes the answer' };

const STREAM_HEADERS = {
  [RESTART_HEADER]: {
    type: 'string',
    enum: ['true', 'false'],
    description: 'Whether a stream that breaks after its first content begins again. Default: false',
  },
};

const webhookHeader = (what: string): JsonSchema => ({
  type: 'string',
  description: `The webhook, by its name in the config, that is told of ${what}`,
});

/** Of a request that starts a batch. */
export const BATCH_HEADERS: JsonSchema = {
  type: 'object',
  properties: {
    'idempotency-key': { type: 'string', description: 'The same key and request again: the same batch' },
    [WEBHOOK_HEADER]: webhookHeader('the batch'),
  },
};

const callHeaders = (isStreamed: boolean, handedOn: readonly string[]): JsonSchema => ({
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description: 'The same key and request again: the same call, the same answer',
    },
    'x-holdfast-on-disconnect': {
      type: 'string',
      enum: ['cancel', 'detach'],
      description:
        'What becomes of the call when the client goes away. Default: detach with an Idempotency-Key, else cancel',
    },
    [WEBHOOK_HEADER]: webhookHeader('the call'),
    ...Object.fromEntries(
      Object.entries(SETTING_HEADERS).map(([header, setting]) => [
        header,
        { type: 'number', description: `Wins over ${setting} in the body` },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(TIMING_HEADERS).map(([header, description]) => [header, { type: 'string', description }]),
    ),
    ...(isStreamed && STREAM_HEADERS),
    ...Object.fromEntries(
      handedOn.map((header) => [header, { type: 'string', description: 'Handed on to the provider' }]),
    ),
  },
});

const ANTHROPIC_ERROR_SCHEMA = {
  $id: 'AnthropicError',
  type: 'object',
  required: ['type', 'error'],
  properties: {
    type: { const: 'error' },
    request_id: { type: 'string' },
    error: {
      ...ERROR_SCHEMA.properties.error,
      description: "Anthropic's type and message, and beside them what other errors here have",
    },
  },
} as const;

/** What people call an API, and its errors. */
const APIS = {
  openai: { name: 'OpenAI', error: ERROR_SCHEMA.$id },
  anthropic: { name: 'Anthropic', error: ANTHROPIC_ERROR_SCHEMA.$id },
} as const satisfies Record<Api, { name: string; error: string }>;

/**
 * Describes the routes as they are registered. The descriptions serve readers only: requests are checked where calls
 * are started, and answers go out as the provider gave them.
 */
export function describeApi(app: FastifyInstance): void {
  app.setValidatorCompiler(() => () => true);
  app.addSchema(ERROR_SCHEMA);
  app.addSchema(ANTHROPIC_ERROR_SCHEMA);
  app.addSchema({ $id: 'CallSettings', type: 'object', properties: SETTINGS });
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Holdfast',
        version: '1',
        description: "OpenAI's API and Anthropic's Messages, each request a durable call",
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer' },
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        },
      },
      security: [{ key: [] }, { apiKey: [] }],
    },
    hideUntagged: true,
    transform: ({ schema, url }) => {
      const isAnthropic = schema?.tags?.includes(APIS.anthropic.name) === true;
      const error = { $ref: `${APIS[isAnthropic ? 'anthropic' : 'openai'].error}#` };
      const response = { '2xx': ANSWER, '4xx': error, '5xx': error };
      return { schema: { ...schema, response }, url: url.replace('*', ':model') };
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
  });
  app.after(() => {
    app.get('/openapi.json', { schema: described('About', 'This description') }, async () => app.swagger());
  });
}

/** What a route does, for its readers. Without a tag it is another name of a described one. */
export function described(tag: string, summary: string, more: FastifySchema = {}): FastifySchema {
  return { tags: [tag], summary, ...more };
}

/** A route of OpenAI's or Anthropic's. Fields that are not described go to the provider as they are. */
export function describedOperation(operation: Operation): FastifySchema {
  const { api, prompt, answer, stream, headers = [] }: OperationRow = OPERATIONS[operation];
  const isStreamed = stream !== null;
  const { name } = APIS[api];
  return described(name, `${operation}, as a durable call`, {
    headers: callHeaders(isStreamed, headers),
    body: {
      allOf: [
        {
          type: 'object',
          required: operation === 'responses' ? ['model'] : ['model', prompt],
          properties: {
            model: { type: 'string', description: 'The model group' },
            [prompt]: {},
            ...(isStreamed && { stream: STREAM }),
          },
          additionalProperties: true,
          description: `${name}'s request for ${operation}; the answer has ${answer}`,
        },
        { $ref: 'CallSettings#' },
      ],
    },
  });
}
