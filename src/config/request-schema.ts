import { z } from 'zod';
import { OPERATIONS, type Operation } from '../core/operations.js';
import { REFUSED_KEYS } from '../core/request.js';
import type { RequestSettings } from '../core/settings.js';
import { type Finding, listed } from './config-error.js';
import { fallbackRules, REFUSED } from './fallback-schema.js';
import { Findings } from './findings.js';
import { groupRetryPolicies, retryPolicy } from './retry-policy-schema.js';
import { attemptTimeout, compact, count, flag, name, totalTimeout } from './values.js';

export type ParsedRequest =
  | { readonly ok: true; readonly model: string; readonly settings: RequestSettings }
  | { readonly ok: false; readonly problems: readonly Finding[] };

const messageError = 'expected an object with a role';
const messagesError = 'expected a list of messages, at least one';

const message = z.looseObject(
  {
    role: z.string({ error: 'expected a text' }).min(1, { error: 'expected a text' }),
    content: z
      .union([z.string(), z.array(z.unknown()), z.null()], { error: 'expected a text, a list, or null' })
      .optional(),
  },
  { error: messageError },
);

/** What the prompt of each operation must look like, as far as it can be told without its provider. */
const PROMPTS = {
  'chat.completions': z.array(message, { error: messagesError }).min(1, { error: messagesError }),
} as const satisfies Record<Operation, z.ZodType>;

const refused = z.undefined({ error: REFUSED }).optional();

const stream = z
  .literal([false, null], {
    error: ({ input }) => (input === true ? 'streams are not served here yet' : 'expected true or false'),
  })
  .optional();

function requestSchema(operation: Operation) {
  const { prompt } = OPERATIONS[operation];
  const rules = fallbackRules('request', z.looseObject({ [prompt]: PROMPTS[operation].optional() }));
  return z.object(
    {
      model: name,
      num_retries: count,
      num_retries_per_request: count,
      retry_policy: retryPolicy,
      model_group_retry_policy: groupRetryPolicies,
      timeout: totalTimeout,
      stream_timeout: attemptTimeout,
      fallbacks: rules,
      context_window_fallbacks: rules,
      content_policy_fallbacks: rules,
      max_fallbacks: count,
      disable_fallbacks: flag,
      stream,
      ...Object.fromEntries(REFUSED_KEYS.map((key) => [key, refused])),
      [prompt]: PROMPTS[operation],
    },
    { error: 'expected an object with model and messages' },
  );
}

const SCHEMAS = { 'chat.completions': requestSchema('chat.completions') } as const satisfies Record<
  Operation,
  z.ZodType
>;

/** Checks a request, and reads its settings. Every other field is the provider's, and not looked at. */
export function parseRequest(operation: Operation, raw: unknown): ParsedRequest {
  const findings = new Findings([]);
  const request = findings.read(SCHEMAS[operation], raw, []);
  if (request === undefined) return { ok: false, problems: listed(findings.problems) };
  return {
    ok: true,
    model: request.model,
    settings: compact({
      numRetries: request.num_retries,
      numRetriesPerRequest: request.num_retries_per_request,
      retryPolicy: request.retry_policy,
      modelGroupRetryPolicy: request.model_group_retry_policy,
      timeoutMs: request.timeout,
      streamTimeoutMs: request.stream_timeout,
      maxFallbacks: request.max_fallbacks,
      disableFallbacks: request.disable_fallbacks,
      fallbacks: request.fallbacks,
      contextWindowFallbacks: request.context_window_fallbacks,
      contentPolicyFallbacks: request.content_policy_fallbacks,
    }),
  };
}
