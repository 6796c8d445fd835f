import { z } from 'zod';
import { duration, name, positiveCount, text, unset } from './values.js';

// None of these messages begins with "expected": those show the value, which may be a key in the wrong place.
const idError = 'must have 1 to 64 letters, digits, or any of . _ -';
const digestError = 'must be the SHA-256 of a key, 64 hex digits: `holdfast key` makes both';
const modelsError = 'must be a list of model groups, at least one';

/** Ids that callers have who have no entry of their own. */
const TAKEN_IDS = ['master', 'anonymous'] as const;

export const apiKeyId = z
  .string({ error: idError })
  .regex(/^[\w.-]{1,64}$/, { error: idError })
  .refine((id) => !(TAKEN_IDS as readonly string[]).includes(id), {
    error: `must not be ${TAKEN_IDS.join(' or ')}: these ids are taken`,
  });

const BYTES_IN_MB = 1024 * 1024;
const megabytes = positiveCount.transform((count) => (count === undefined ? undefined : count * BYTES_IN_MB));

export const apiKey = z.object({
  id: apiKeyId,
  sha256: z.preprocess(
    unset,
    z
      .string({ error: digestError })
      .regex(/^[\da-f]{64}$/i, { error: digestError })
      .optional(),
  ),
  models: z.preprocess(unset, z.array(name, { error: modelsError }).min(1, { error: modelsError }).optional()),
  rpm_limit: positiveCount,
  max_parallel_requests: positiveCount,
  max_parallel_uploads: positiveCount,
  max_stored_mb: megabytes,
});

export const generalSettings = z.object({
  master_key: text,
  global_max_parallel_requests: positiveCount,
  key_max_parallel_requests: positiveCount,
  key_max_parallel_uploads: positiveCount,
  key_max_stored_mb: megabytes,
  max_receiving_mb: megabytes,
  sse_keepalive_ping_interval_seconds: duration,
});
