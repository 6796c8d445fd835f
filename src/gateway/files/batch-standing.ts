import { setTimeout as sleep } from 'node:timers/promises';
import { readSummary } from '../../batch/index.js';
import type { BatchHandle } from '../../client/batch-handle.js';
import { isCallError } from '../../client/errors.js';
import type { ListedBatch } from '../../client/listed-batch.js';
import type { HoldfastClient } from '../../client/holdfast-client.js';
import type { BatchState, BatchStatus } from '../../core/batch/batch.js';
import type { Storage } from '../../storage/index.js';
import type { BatchRecord } from './batch-record.js';

/** OpenAI's words for where a batch stands. */
export type OpenAiBatchStatus =
  'validating' | 'failed' | 'in_progress' | 'finalizing' | 'completed' | 'expired' | 'cancelling' | 'cancelled';

const STATUS_OF = {
  checking: 'validating',
  running: 'in_progress',
  paused: 'in_progress',
  'writing output': 'finalizing',
  completed: 'completed',
  'completed with errors': 'completed',
  cancelled: 'cancelled',
  failed: 'failed',
} as const satisfies Record<BatchState, OpenAiBatchStatus>;

export function isOver(status: OpenAiBatchStatus): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status);
}

/** Where a batch stands. Times are in seconds since 1970. */
export interface BatchStanding {
  readonly status: OpenAiBatchStatus;
  readonly total: number;
  readonly answered: number;
  readonly failed: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Why it failed. */
  readonly why: string | null;
}

interface BatchSource {
  readonly client: HoldfastClient;
  readonly storage: Storage;
  /** The folder of the batch's output. */
  readonly output: string;
}

/** Asks Temporal where a batch stands; when that has forgotten the batch, the output tells. */
export async function standingOf(
  { client, storage, output }: BatchSource,
  record: BatchRecord,
): Promise<BatchStanding> {
  const listed = await findListed(client, record.id);
  if (listed === null) return standingOfOutput(storage, output, record);
  const handle = client.batches.handle(record.id);
  if (listed.state === 'running') return standingOfRunning(handle, listed, record);
  const isFailed = listed.state === 'failed';
  const end = isFailed ? await failureOf(handle) : null;
  return {
    ...figuresOf(listed),
    status: end?.status ?? STATUS_OF[listed.state],
    endedAt: listed.closedAt === null ? null : seconds(listed.closedAt),
    why: end?.why ?? null,
  };
}

/** The batch as Temporal knows it; null: it does not. */
export async function findListed(client: HoldfastClient, id: string): Promise<ListedBatch | null> {
  try {
    return await client.batches.find(id);
  } catch (error) {
    if (isCallError(error) && error.kind === 'NotFoundError') return null;
    throw error;
  }
}

function figuresOf({ rows, answered, failed, startedAt }: ListedBatch) {
  return { total: rows ?? 0, answered: answered ?? 0, failed: failed ?? 0, startedAt: seconds(startedAt) };
}

async function standingOfRunning(
  handle: BatchHandle,
  listed: ListedBatch,
  { cancelling_at: cancelling }: BatchRecord,
): Promise<BatchStanding> {
  const fresh = await freshStatus(handle);
  const isChecked = (fresh?.rows ?? listed.rows) !== null;
  const status = isChecked ? STATUS_OF[fresh?.state ?? 'running'] : 'validating';
  return {
    ...figuresOf(listed),
    ...(fresh === null ? {} : { total: fresh.rows ?? 0, ...fresh.counts }),
    // It came to its end just now: of that, no more is known than the word.
    status: cancelling !== null ? 'cancelling' : isOver(status) ? 'finalizing' : status,
    endedAt: null,
    why: null,
  };
}

/** A worker answers, if there is one. */
const ANSWER_WITHIN_MS = 2000;

/** Null when no worker answers: then Temporal's own figures have to do. */
async function freshStatus(handle: BatchHandle): Promise<BatchStatus | null> {
  const asked = handle.status().catch(() => null);
  return Promise.race([asked, sleep(ANSWER_WITHIN_MS, null, { ref: false })]);
}

async function failureOf(handle: BatchHandle): Promise<{ status: OpenAiBatchStatus; why: string | null }> {
  try {
    await handle.result();
    return { status: 'completed', why: null };
  } catch (error) {
    if (!isCallError(error)) throw error;
    return { status: error.kind === 'Timeout' ? 'expired' : 'failed', why: error.message };
  }
}

async function standingOfOutput(storage: Storage, output: string, record: BatchRecord): Promise<BatchStanding> {
  const summary = await readSummary(storage, output);
  if (summary === null) {
    const why = 'the batch was never started, or was forgotten before it had an output: make another one';
    return { status: 'failed', total: 0, answered: 0, failed: 0, startedAt: null, endedAt: null, why };
  }
  const { rows, answered, failed, notRun, startedAt, endedAt } = summary;
  const stopped = record.cancelling_at === null ? 'expired' : 'cancelled';
  return {
    status: notRun > 0 ? stopped : 'completed',
    total: rows,
    answered,
    failed,
    startedAt: startedAt === null ? null : seconds(new Date(startedAt)),
    endedAt: endedAt === null ? null : seconds(new Date(endedAt)),
    why: null,
  };
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
