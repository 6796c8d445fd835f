import { randomUUID } from 'node:crypto';
import { activityInfo, Context } from '@temporalio/activity';
import type { Clock } from '../../clock.js';
import {
  answeredRecord,
  failedRecord,
  InputChangedError,
  openPart,
  readRecordLine,
  readRow,
  type RowRecord,
} from '../../batch/index.js';
import type { CallFailure, RowOfGroup } from '../../core/call/call-types.js';
import type { ResolvedRow, RowCallInput } from '../../core/batch/row-call.js';
import type { RowSource } from '../../core/call/row-source.js';
import { STORAGE_PATIENCE_MS } from '../../core/call/activity-options.js';
import { endedGroup } from '../../core/call/ended-group.js';
import type { GroupProgress } from '../../core/retries/progress.js';
import { Turns } from '../../core/common/turns.js';
import { reportOf, withGroup } from '../../core/call/report.js';
import { bodyForEntry, providerBody, requestLine } from '../../core/plan/request.js';
import { webhookThere } from '../../core/plan/webhooks.js';
import type { RoutingConfig } from '../../core/plan/settings.js';
import type { RowShare } from '../../providers/row-memory.js';
import { StorageError, type Storage } from '../../storage/index.js';
import type { AttemptObserver } from '../attempt-context.js';
import { startHeartbeats } from '../heartbeat.js';
import { createResolvePlan } from '../resolve-plan.js';
import { callRefused } from '../to-failure.js';

/** Input of the activity `recordRowFailure`. */
export interface RowFailure extends RowSource {
  readonly failure: CallFailure;
}

const PAUSE_MS = 2_000;

/** To make the plan of a large row, it is read for a moment: so many at once. */
const LARGE_AT_ONCE = 4;
const LARGE_BYTES = 1_000_000;

function isLarge({ row }: RowSource): boolean {
  return row.byteLength > LARGE_BYTES;
}

/** What is done with files works with. */
export interface FilesDeps {
  readonly storage: Storage;
  readonly routing: RoutingConfig;
  readonly clock: Clock;
}

interface RowCallsDeps extends FilesDeps {
  /** @default nobody counts rows */
  readonly observer?: Pick<AttemptObserver, 'row'> | undefined;
  /** What the plan of a row may have. @default what goes through Temporal */
  readonly maxPayloadBytes?: number | undefined;
}

/** What the calls of single rows do with the files of their batch. */
export function createRowCalls({ storage, routing, clock, observer, maxPayloadBytes }: RowCallsDeps) {
  const resolvePlan = createResolvePlan(routing, clock, maxPayloadBytes, 'plan');
  const turns = new Turns(LARGE_AT_ONCE);

  const read = async ({ input, files, row }: RowSource) => {
    try {
      return await readRow({ storage, input, ref: row, settings: files.settings });
    } catch (error) {
      if (error instanceof InputChangedError) throw callRefused('BadRequestError', error.message);
      throw error;
    }
  };

  const readAttempt = async ({ attempt }: RowCallInput): Promise<GroupProgress | null> =>
    attempt === undefined || attempt === null
      ? null
      : (JSON.parse(await readRecordLine(storage, attempt)) as GroupProgress | null);

  const append = async ({ files, row }: RowSource, record: RowRecord) => {
    const writer = `row-${row.row}-${randomUUID().slice(0, 8)}`;
    const part = await openPart({ storage, folder: files.folder, chunk: row.chunk, writer });
    try {
      await part.append(record);
    } finally {
      await part.close();
    }
  };

  return {
    /** The plan of a row, which is read for it. */
    resolveRow: async (input: RowCallInput): Promise<ResolvedRow> => {
      const { operation, request } = await (isLarge(input) ? turns.take(() => read(input)) : read(input));
      const plan = await resolvePlan({
        operation,
        request,
        ceilings: input.files.caller?.ceilings,
        isKnownModel: true,
        webhook: webhookThere(routing.webhooks ?? [], input.files.webhook),
      });
      const first = await readAttempt(input);
      return { operation, line: requestLine(operation, request), plan, ...(first !== null && { first }) };
    },

    /** Writes down that a row failed for good. */
    recordRowFailure: async ({ failure, ...source }: RowFailure): Promise<void> => {
      await append(source, failedRecord(source.row, failure, recordContext(source)));
      observer?.row('failed');
    },

    /**
     * The body of a row for a group.
     * @param share - of the memory, which is taken until it is released
     */
    bodyOf: async (row: RowOfGroup, share: Pick<RowShare, 'take'>): Promise<Record<string, unknown>> => {
      const { info, cancellationSignal } = Context.current();
      const { request } = await heartbeating(clock, info.heartbeatDetails, async () => {
        await roomOrPatience(clock, share.take(row.row.byteLength), cancellationSignal);
        return patiently(clock, () => read(row));
      });
      return bodyForEntry(providerBody(request), row.entry);
    },

    /** Writes down a row's answer, with all that its call has been through. */
    keepAnswer: async (row: RowOfGroup, response: unknown, progress: GroupProgress): Promise<void> => {
      const { before, fallbacks, configHash } = row;
      const plan = { configHash, first: { group: progress.group } };
      const report = reportOf(plan, withGroup(before, endedGroup(progress)), fallbacks);
      const record = answeredRecord(row.row, { response, report }, recordContext(row));
      await heartbeating(clock, progress, () => patiently(clock, () => append(row, record)));
      observer?.row('answered');
    },
  };
}

export type RowCalls = ReturnType<typeof createRowCalls>;

function recordContext({ files: { batchId, round } }: RowSource) {
  return { batchId, round, call: activityInfo().workflowExecution?.workflowId };
}

/** Keeps the heartbeat and its details alive meanwhile. */
async function heartbeating<T>(clock: Clock, details: unknown, work: () => Promise<T>): Promise<T> {
  const stopHeartbeats = startHeartbeats(clock, Context.current(), () => details);
  return work().finally(stopHeartbeats);
}

/** Waits for room in the memory, but not for ever: a row more than there is room for is better than none. */
async function roomOrPatience(clock: Clock, room: Promise<void> | null, cancelled: AbortSignal): Promise<void> {
  if (room === null) return;
  const ended = new AbortController();
  const signal = AbortSignal.any([cancelled, ended.signal]);
  const patience = clock.sleep(STORAGE_PATIENCE_MS, { signal });
  // Nobody listens any more when there was room.
  patience.catch(() => undefined);
  await Promise.race([room, patience]).finally(() => ended.abort());
}

/** Tries again while storage is away. */
async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const { cancellationSignal: signal } = Context.current();
  const giveUpMs = clock.now() + STORAGE_PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageError) || clock.now() >= giveUpMs) throw error;
      await clock.sleep(PAUSE_MS, { signal });
    }
  }
}
