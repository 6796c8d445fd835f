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
import { reportOf, withGroup } from '../../core/call/report.js';
import { bodyForEntry, providerBody, requestLine } from '../../core/plan/request.js';
import type { RoutingConfig } from '../../core/plan/settings.js';
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

/** What is done with files works with. */
export interface FilesDeps {
  readonly storage: Storage;
  readonly routing: RoutingConfig;
  readonly clock: Clock;
}

interface RowCallsDeps extends FilesDeps {
  /** @default nobody counts rows */
  readonly observer?: Pick<AttemptObserver, 'row'> | undefined;
}

/** What the calls of single rows do with the files of their batch. */
export function createRowCalls({ storage, routing, clock, observer }: RowCallsDeps) {
  const resolvePlan = createResolvePlan(routing, clock);

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
      const { operation, request } = await read(input);
      const plan = await resolvePlan({
        operation,
        request,
        ceilings: input.files.caller?.ceilings,
        isKnownModel: true,
      });
      const first = await readAttempt(input);
      return { operation, line: requestLine(operation, request), plan, ...(first !== null && { first }) };
    },

    /** Writes down that a row failed for good. */
    recordRowFailure: async ({ failure, ...source }: RowFailure): Promise<void> => {
      await append(source, failedRecord(source.row, failure, recordContext(source)));
      observer?.row('failed');
    },

    /** The body of a row for a group. */
    bodyOf: async (row: RowOfGroup): Promise<Record<string, unknown>> => {
      const { request } = await patiently(clock, Context.current().info.heartbeatDetails, () => read(row));
      return bodyForEntry(providerBody(request), row.entry);
    },

    /** Writes down a row's answer, with all that its call has been through. */
    keepAnswer: async (row: RowOfGroup, response: unknown, progress: GroupProgress): Promise<void> => {
      const { before, fallbacks, configHash } = row;
      const plan = { configHash, first: { group: progress.group } };
      const report = reportOf(plan, withGroup(before, endedGroup(progress)), fallbacks);
      const record = answeredRecord(row.row, { response, report }, recordContext(row));
      await patiently(clock, progress, () => append(row, record));
      observer?.row('answered');
    },
  };
}

export type RowCalls = ReturnType<typeof createRowCalls>;

function recordContext({ files: { batchId, round } }: RowSource) {
  return { batchId, round, call: activityInfo().workflowExecution?.workflowId };
}

/** Tries again while storage is away, and keeps the heartbeat and its details alive meanwhile. */
async function patiently<T>(clock: Clock, details: unknown, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const stopHeartbeats = startHeartbeats(clock, context, () => details);
  const giveUpMs = clock.now() + STORAGE_PATIENCE_MS;
  try {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageError) || clock.now() >= giveUpMs) throw error;
        await clock.sleep(PAUSE_MS, { signal: context.cancellationSignal });
      }
    }
  } finally {
    stopHeartbeats();
  }
}
