import { z } from 'zod';
import { OPERATION_URLS, operationOfUrl } from '../../core/operations.js';
import { Refusal } from '../refusal.js';

const HOUR_SECONDS = 3600;
const UNIT_SECONDS: Readonly<Record<string, number>> = { h: HOUR_SECONDS, d: 24 * HOUR_SECONDS };

/** OpenAI's limits of `metadata`. */
const MAX_PAIRS = 16;
const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= MAX_PAIRS, { error: `expected ${MAX_PAIRS} pairs at most` });

const WINDOW = /^([1-9]\d{0,2})([hd])$/;

/** A request for a batch. Other fields of OpenAI's are passed over. */
const BATCH_REQUEST = z.object({
  input_file_id: z.string(),
  endpoint: z
    .string()
    .refine((url) => operationOfUrl(url) !== undefined, { error: `expected one of ${OPERATION_URLS}` }),
  completion_window: z.string().regex(WINDOW, { error: 'expected hours or days, "24h" or "7d" for instance' }),
  metadata: metadata.nullish(),
});

type BatchRequest = z.infer<typeof BATCH_REQUEST>;

/** What is kept of a batch; how it stands is Temporal's to know. Times are in seconds since 1970. */
export interface BatchRecord extends Omit<BatchRequest, 'metadata'> {
  readonly id: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** When it was asked to stop. */
  readonly cancelling_at: number | null;
}

/**
 * The batch that a request asks for.
 * @throws Refusal when it is not valid
 */
export function batchRecord(id: string, body: unknown): BatchRecord {
  const parsed = BATCH_REQUEST.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`,
    );
    throw new Refusal({ kind: 'BadRequestError', message: `the request is not valid: ${problems.join('; ')}` });
  }
  const { data } = parsed;
  const created = Math.floor(Date.now() / 1000);
  const [, count, unit = ''] = WINDOW.exec(data.completion_window) ?? [];
  return {
    ...data,
    id,
    created_at: created,
    expires_at: created + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    metadata: data.metadata ?? null,
    cancelling_at: null,
  };
}
