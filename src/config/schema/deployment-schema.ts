import { z } from 'zod';
import { ALLOWED_FAILS_FIELDS } from '../tables/known-keys/policies.js';
import { attemptTimeout, count, duration, flag, name, only, positiveCount, text, unset, weight } from './values.js';

const headerError = 'expected an object of headers, each with a text';

/** Headers that belong to the connection: another value would break it. */
const CONNECTION_HEADERS = ['connection', 'content-length', 'host', 'transfer-encoding', 'content-type', 'expect'];

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,200}$/;

function nameProblem(header: string): string | null {
  if (!HEADER_NAME.test(header)) return 'not a name that a header can have';
  return CONNECTION_HEADERS.includes(header.toLowerCase()) ? 'set by the connection itself' : null;
}

const headerValue = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : unset(value)),
  z
    .string({ error: headerError })
    .trim()
    .regex(/^[\x20-\x7e]*$/, { error: 'has characters that a header cannot carry' })
    .optional(),
);

const headers = z.preprocess(
  unset,
  z
    .record(z.string(), headerValue, { error: headerError })
    .superRefine((value, context) => {
      for (const header of Object.keys(value)) {
        const message = nameProblem(header);
        if (message !== null) context.addIssue({ code: 'custom', message, path: [header] });
      }
    })
    .optional(),
);

const fields = z.preprocess(
  unset,
  z.record(z.string(), z.unknown(), { error: 'expected an object of fields of the body' }).optional(),
);

/** The content of a credentials file, as an object or as its JSON, or where it is. */
const googleCredentials = z.preprocess(
  (value) => (value === '' ? undefined : unset(value)),
  z
    .union([z.string(), z.record(z.string(), z.unknown())], { error: 'expected a file, or what such a file has' })
    .transform((value, context) => {
      if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return value;
      try {
        return JSON.parse(value) as Record<string, unknown>;
      } catch {
        context.addIssue({ code: 'custom', message: 'begins like JSON, and is none' });
        return z.NEVER;
      }
    })
    .optional(),
);

/** What `litellm_params` may hold of ours. */
export const deploymentParams = z.object({
  model: text,
  api_key: text,
  api_base: text,
  base_url: text,
  api_version: text,
  aws_region_name: text,
  aws_access_key_id: text,
  aws_secret_access_key: text,
  aws_session_token: text,
  aws_profile_name: text,
  vertex_project: text,
  vertex_ai_project: text,
  vertex_location: text,
  vertex_ai_location: text,
  vertex_credentials: googleCredentials,
  vertex_ai_credentials: googleCredentials,
  litellm_credential_name: text,
  organization: text,
  custom_llm_provider: text,
  order: count,
  weight,
  num_retries: count,
  timeout: attemptTimeout,
  rpm: positiveCount,
  tpm: positiveCount,
  max_parallel_requests: positiveCount,
  stream_timeout: attemptTimeout,
  cooldown_time: duration,
  extra_headers: headers,
  headers,
  default_headers: headers,
  extra_body: fields,
});

type AllowedFailsField = (typeof ALLOWED_FAILS_FIELDS)[number];

export const allowedFailsPolicy = z.preprocess(
  unset,
  only(
    Object.fromEntries(ALLOWED_FAILS_FIELDS.map((field) => [field, count])) as Record<AllowedFailsField, typeof count>,
  )
    .transform((policy): { readonly [field in AllowedFailsField]?: number | undefined } => policy)
    .optional(),
);

/** What `model_info` may hold of ours. */
export const modelInfo = z.object({
  blocked: flag,
  id: z.preprocess((value) => (typeof value === 'number' ? String(value) : value), name.optional()),
  allowed_fails: count,
  allowed_fails_policy: allowedFailsPolicy,
  cooldown_time: duration,
  mode: text,
  disable_background_health_check: flag,
  health_check_timeout: attemptTimeout,
});
