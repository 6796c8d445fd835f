import { z } from 'zod';
import { FORWARDED_BY_DEFAULT, mayBeForwarded } from '../../core/plan/forwarded-headers.js';
import {
  attemptTimeout,
  compact,
  count,
  duration,
  flag,
  megabytes,
  name,
  positiveCount,
  text,
  totalTimeout,
  unset,
} from './values.js';
import type { Ceilings } from '../../core/plan/settings.js';
import { DURABILITIES, FIRST_ATTEMPTS } from '../../core/call/durability.js';

// None of these messages begins with "expected": those show the value, which may be a key in the wrong place.
const idError = 'must have 1 to 64 letters, digits, or any of . _ -';
const digestError = 'must be the SHA-256 of a key, 64 hex digits: `holdfast key` makes both';
const expiresError = 'must be a day, or a time with its zone: 2027-01-31, 2027-01-31T08:00:00Z';
const modelsError = 'must be a list of model groups, at least one';

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  const error = `must be ${values.join(' or ')}`;
  return z.preprocess(unset, z.enum(values, { error }).optional());
}

/** Ids that callers have who have no entry of their own. */
const TAKEN_IDS = ['master', 'anonymous'] as const;

export const apiKeyId = z
  .string({ error: idError })
  .regex(/^[\w.-]{1,64}$/, { error: idError })
  .refine((id) => !(TAKEN_IDS as readonly string[]).includes(id), {
    error: `must not be ${TAKEN_IDS.join(' or ')}: these ids are taken`,
  });

/** What a request may ask for at most: for all, and for a key. */
const ceilings = {
  max_num_retries: count,
  max_call_timeout: totalTimeout,
  default_call_timeout: totalTimeout,
  max_fallbacks_per_call: count,
};

export function ceilingsOf(settings: z.output<typeof apiKey> | z.output<typeof generalSettings>): Ceilings | undefined {
  const found = compact({
    maxNumRetries: settings.max_num_retries,
    maxTimeoutMs: settings.max_call_timeout,
    defaultTimeoutMs: settings.default_call_timeout,
    maxFallbacks: settings.max_fallbacks_per_call,
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

const digest = z.preprocess(
  unset,
  z
    .string({ error: digestError })
    .regex(/^[\da-f]{64}$/i, { error: digestError })
    .transform((hex) => hex.toLowerCase())
    .optional(),
);

export const apiKey = z.object({
  ...ceilings,
  id: apiKeyId,
  sha256: digest,
  next_sha256: digest,
  expires: z.preprocess(
    unset,
    z
      .string({ error: expiresError })
      .regex(/^\d{4}-\d\d-\d\d(?:T.*(?:Z|[+-]\d\d:?\d\d))?$/, { error: expiresError })
      .transform((time) => Date.parse(time))
      .refine((ms) => !Number.isNaN(ms), { error: expiresError })
      .optional(),
  ),
  models: z.preprocess(unset, z.array(name, { error: modelsError }).min(1, { error: modelsError }).optional()),
  rpm_limit: positiveCount,
  max_parallel_requests: positiveCount,
  max_parallel_uploads: positiveCount,
  max_stored_mb: megabytes,
  durability: oneOf(DURABILITIES),
});

/** 408, 409, 425 and 429 are those that clients retry. */
const RETRIED = [408, 409, 425, 429];
const statusError = 'expected a status of 400 to 499 that clients do not retry, 400 for instance';
const finalStatus = z.preprocess(
  unset,
  z.coerce
    .number({ error: statusError })
    .int({ error: statusError })
    .min(400, { error: statusError })
    .max(499, { error: statusError })
    .refine((status) => !RETRIED.includes(status), { error: statusError })
    .optional(),
);

const forwardedError = 'expected true, false, or a list of headers that carry no key: [traceparent, X-Title]';
const headerName = z
  .string({ error: forwardedError })
  .regex(/^[\w-]+\*?$/, { error: forwardedError })
  .refine(mayBeForwarded, { error: forwardedError });
const forwarded = z.preprocess(
  unset,
  z
    .union([z.boolean(), z.array(headerName)], { error: forwardedError })
    .transform((value) => (typeof value === 'boolean' ? (value ? FORWARDED_BY_DEFAULT : []) : value))
    .optional(),
);

export const generalSettings = z.object({
  ...ceilings,
  master_key: text,
  global_max_parallel_requests: positiveCount,
  key_max_parallel_requests: positiveCount,
  key_max_parallel_uploads: positiveCount,
  key_max_stored_mb: megabytes,
  max_receiving_mb: megabytes,
  sse_keepalive_ping_interval_seconds: duration,
  exhausted_call_status: finalStatus,
  forward_client_headers_to_llm_api: forwarded,
  durability: oneOf(DURABILITIES),
  first_attempt: oneOf(FIRST_ATTEMPTS),
  background_health_checks: flag,
  health_check_interval: attemptTimeout,
});
