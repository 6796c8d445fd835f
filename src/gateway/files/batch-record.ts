import { z } from 'zod';
import { bounded, isRecord } from '../../config/schema/bounded.js';
import { sortedJson } from '../../client/request-hash.js';
import { OPERATION_URLS, operationOfUrl } from '../../core/common/operations.js';
import { notValid } from '../refusal.js';

const HOUR_SECONDS = 3600;
const UNIT_SECONDS: Readonly<Record<string, number>> = { h: HOUR_SECONDS, d: 24 * HOUR_SECONDS };

/** OpenAI's limits of `metadata`. */
const MAX_PAIRS = 16;
const metadata = bounded((value, report) => {
  const pairs = isRecord(value) ? Object.keys(value) : null;
  if (pairs === null || pairs.length > MAX_PAIRS) report.stop(`expected an object of ${MAX_PAIRS} pairs at most`);
  const parsed = report.isFull ? undefined : PAIRS.safeParse(value);
  report.addAll([], parsed?.error?.issues);
  return parsed?.data ?? {};
});
const PAIRS = z.record(z.string().max(64), z.string().max(512));

const WINDOW = /^([1-9]\d{0,2})([hd])$/;

const windowError = 'expected hours or days, "24h" or "7d" for instance';

function text(expected: string): z.ZodString {
  return z.string({ error: ({ input }) => (input === undefined ? `missing: ${expected}` : expected) });
}

/** A request for a batch. Other fields of OpenAI's are passed over. */
const BATCH_REQUEST = z.object(
  {
    input_file_id: text('expected the id of an uploaded file'),
    endpoint: text(`expected one of ${OPERATION_URLS}`).refine((url) => operationOfUrl(url) !== undefined, {
      error: `expected one of ${OPERATION_URLS}`,
    }),
    completion_window: text(windowError).regex(WINDOW, { error: windowError }),
    metadata: metadata.nullish(),
  },
  { error: 'expected a JSON object' },
);

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
 * The batch that a request asks for, made now.
 * @throws Refusal when it is not valid
 */
export function batchRecord(id: string, body: unknown, nowMs: number): BatchRecord {
  const parsed = BATCH_REQUEST.safeParse(body);
  if (!parsed.success) throw notValid(parsed.error);
  const { data } = parsed;
  const created = Math.floor(nowMs / 1000);
  return {
    ...data,
    id,
    created_at: created,
    expires_at: created + windowSeconds(data.completion_window),
    metadata: data.metadata ?? null,
    cancelling_at: null,
  };
}

/** The same batch, as it was made before: it ends when it was told to. */
export function madeBefore(record: BatchRecord, expiresAt: number): BatchRecord {
  return { ...record, created_at: expiresAt - windowSeconds(record.completion_window), expires_at: expiresAt };
}

/** Whether two batches were asked for with the same words. */
export function isSameRequest(a: BatchRecord, b: BatchRecord): boolean {
  return sortedJson(askedFor(a)) === sortedJson(askedFor(b));
}

function askedFor({ input_file_id, endpoint, completion_window, metadata: pairs }: BatchRecord): BatchRequest {
  return { input_file_id, endpoint, completion_window, metadata: pairs };
}

function windowSeconds(window: string): number {
  const [, count, unit = ''] = WINDOW.exec(window) ?? [];
  return Number(count) * (UNIT_SECONDS[unit] ?? 0);
}
