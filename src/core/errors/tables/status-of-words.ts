import type { TextRow } from './text-row.js';

/**
 * The HTTP status that a code, type or status in words stands for, where an error comes under a 200. In small letters.
 * Words for "something went wrong" (`server_error`, `api_error`, `internal_error`) are left out, as is 500 itself.
 * From OpenAI's, Anthropic's and Google's lists of errors, read 2026-11.
 */
export const STATUS_OF_WORD: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  rate_limit_reached_error: 429,
  rate_limited: 429,
  rate_limit: 429,
  ratelimiterror: 429,
  too_many_requests: 429,
  throttling: 429,
  throttlingexception: 429,
  resource_exhausted: 429,
  // OpenAI writes what was exhausted into the type.
  requests: 429,
  tokens: 429,

  engine_overloaded_error: 503,
  engine_overloaded: 503,
  overloaded: 503,
  server_overloaded: 503,
  service_unavailable: 503,
  service_unavailable_error: 503,
  serviceunavailableerror: 503,
  serviceunavailableexception: 503,
  unavailable: 503,
  model_not_ready: 503,
  overloaded_error: 529,

  bad_gateway: 502,
  provider_error: 502,
  upstream_error: 502,
  deadline_exceeded: 504,
  gateway_timeout: 504,
  timeout: 408,
  timeout_error: 408,
  request_timeout: 408,

  invalid_request_error: 400,
  invalid_request: 400,
  invalid_argument: 400,
  invalid_prompt: 400,
  badrequesterror: 400,
  validationexception: 400,
  failed_precondition: 400,
  unprocessable_entity: 422,

  authentication_error: 401,
  authenticationerror: 401,
  invalid_api_key: 401,
  invalid_authentication_error: 401,
  unauthenticated: 401,
  unauthorized: 401,
  permission_error: 403,
  permission_denied: 403,
  permission_denied_error: 403,
  accessdeniedexception: 403,
  forbidden: 403,
  not_found_error: 404,
  not_found: 404,
  notfounderror: 404,
  model_not_found: 404,
  resource_not_found_error: 404,
  billing_error: 402,
  payment_required: 402,
  conflict: 409,
};

/** The same in sentences, for errors without a code. */
export const STATUS_OF_TEXT: readonly (TextRow & { readonly status: number })[] = [
  {
    text: /\brate limit (?:is )?(?:reached|exceeded)|\btoo many requests\b|\brate limited\b/i,
    status: 429,
    by: 'OpenAI, OpenRouter, servers of all sorts',
    source: 'openai/codex#3764',
    date: '2025-09',
  },
  {
    text: /\b(?:model|server|service|engine|system) is (?:currently )?(?:overloaded|busy|at capacity)\b/i,
    status: 503,
    by: 'OpenAI, TGI, Together',
    source: 'huggingface/text-generation-inference',
    date: '2026-11',
  },
];
