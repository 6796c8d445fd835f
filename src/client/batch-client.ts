import { createHash } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  MEMO_INPUT,
  MEMO_ROUND,
  MEMO_SPEC,
  type AllowedRows,
  type BatchMode,
  type BatchSpec,
} from '../core/batch/batch.js';
import type { LlmBatchInput } from '../core/batch/llm-batch-input.js';
import type { RowCaller } from '../core/call/row-source.js';
import { A_NAME, isName } from '../core/common/names.js';
import { openFiles, shownLocation, toLocation } from '../storage/index.js';
import { explainStartError, explainTemporalError } from '../temporal/errors.js';
import { withPatience } from '../temporal/patience.js';
import { placeOf, type TemporalSettings } from '../temporal/settings.js';
import { BatchHandle } from './batch-handle.js';
import { checkBatch } from './check-batch.js';
import { callError } from './errors.js';
import { fairnessKey } from './fairness-key.js';
import { hasChanged } from './has-changed.js';
import type { FallbackSettings } from './request-types.js';
import { listBatches } from './list-batches.js';
import { hasSpec, listedBatch, type ListedBatch } from './listed-batch.js';
import { sortedJson } from './request-hash.js';

/** What a batch has that is not told otherwise. */
export const BATCH_DEFAULTS = { mode: 'auto', concurrency: 50, chunkRows: 200, priority: 4 } as const;

export interface BatchOptions {
  /**
   * The rows, in the form of OpenAI's Batch API, plain or packed by gzip: a path or a URL (`file:///…`, `s3://…`) that
   * the workers can read.
   */
  readonly input: string;
  /** The folder for the output: a path or a URL that the workers can write. A batch has one of its own. */
  readonly output: string;
  /** The id of the batch, its workflow id. @default made from the output folder */
  readonly batchId?: string | undefined;
  /**
   * `workflow`: each row is a call of its own. `packed`: first attempts are made many at a time, which costs a small part
   * of that, and only rows that need a retry become calls. @default auto: `workflow` up to 1,000 rows
   */
  readonly mode?: BatchMode | 'auto' | undefined;
  /** Rows in flight at once. @default 50 */
  readonly concurrency?: number | undefined;
  /** Rows of a model group in flight at once, where it is to be less. */
  readonly groupConcurrency?: { readonly [group: string]: number } | undefined;
  /** Rows handled by one activity, at most 1,000. @default 200 */
  readonly chunkRows?: number | undefined;
  /** Temporal's priority, 1 (first) to 5 (last); other calls have 3. @default 4 */
  readonly priority?: number | undefined;
  /** For rows that do not set it. */
  readonly num_retries?: number | undefined;
  /** For rows that do not set them. */
  readonly fallbacks?: FallbackSettings | undefined;
  /** Seconds for each row with all its retries and fallbacks, for rows that do not set it. */
  readonly timeout?: number | undefined;
  /** The batch pauses when it has used so many tokens. @default no limit */
  readonly maxTokensTotal?: number | undefined;
  /** Rows that cannot be run fail, up to 100,000 of them, and the others are run. @default nothing is run then */
  readonly skipInvalid?: boolean | undefined;
  /** What the rows may ask for; others are problems of the input. @default anything that the workers' config has */
  readonly allowed?: AllowedRows | undefined;
  /** Whether workers with keys encrypt the output, too: the files of a gateway for instance. @default false */
  readonly encryptsOutput?: boolean | undefined;
  /** Whose limits hold for the rows, together with those of all its batches. @default nobody's */
  readonly caller?: RowCaller | undefined;
  /** When the batch is stopped: rows that have no answer by then get none, and the output has the others. @default never */
  readonly expiresAt?: Date | undefined;
  /** The webhook, by its name in the config of the workers, that is told of the batch: docs/webhooks.md. @default those of the config alone */
  readonly webhook?: string | undefined;
}

interface ClientsToLookWith {
  readonly looking: Client;
  /** It leaves out what is encrypted under a key that is not there. */
  readonly listing: Client;
}

/** Starts batches and looks at them. */
export class BatchClient {
  private readonly client: Client;
  private readonly looking: Client;
  private readonly listing: Client;
  private readonly settings: TemporalSettings;

  /** @internal */
  constructor(client: Client, { looking, listing }: ClientsToLookWith, settings: TemporalSettings) {
    this.client = client;
    this.looking = looking;
    this.listing = listing;
    this.settings = settings;
  }

  /**
   * Starts a batch, or joins the one with the same output folder and options, whether it is running or completed. One
   * that failed, or was cancelled, goes on with the rows that have no answer. The input of a completed one is read, where
   * this process sees it, to tell whether it is still the same; in a bucket up to 64 MiB. A server that is away is asked
   * again for up to a minute.
   * @throws BadRequestError for options that cannot be, or an input that has changed; ConflictError when the folder belongs to another batch
   */
  async submit(options: BatchOptions): Promise<BatchHandle> {
    const spec = specOf(options);
    const batchId = options.batchId ?? batchIdOf(spec.output);
    if (!isName(batchId)) throw callError({ kind: 'BadRequestError', message: `batchId: expected ${A_NAME}` });
    await withPatience(() => this.startOrJoin(batchId, spec));
    return this.handle(batchId);
  }

  /** A batch that was started before. */
  handle(batchId: string): BatchHandle {
    return new BatchHandle(this.client, this.settings, batchId);
  }

  /**
   * Runs the rows again that have no answer, if there are any, and assembles the whole output again.
   * @throws NotFoundError; ConflictError while the batch is running
   */
  async retryFailed(batchId: string): Promise<BatchHandle> {
    const known = await this.describe(batchId);
    if (known === null || !hasSpec(known)) throw this.notFound(batchId);
    if (known.status.name === 'RUNNING') {
      const message = `batch ${batchId} is running: its failed rows can be run again when it is over`;
      throw callError({ kind: 'ConflictError', message, callId: batchId });
    }
    if (listedBatch(known).state === 'completed') return this.handle(batchId);
    await this.start(batchId, known.memo?.[MEMO_SPEC] as BatchSpec, known);
    return this.handle(batchId);
  }

  /**
   * The batch with this id, or else the one whose output folder this is, unless that was given an id of its own.
   * @throws NotFoundError
   */
  async find(idOrFolder: string): Promise<ListedBatch> {
    const known = (await this.describe(idOrFolder)) ?? (await this.describe(batchIdOf(idOrFolder)));
    if (known !== null && hasSpec(known)) return listedBatch(known);
    throw this.notFound(idOrFolder);
  }

  /**
   * Batches, newest first; of one that was started several times, the last time counts. Those that are encrypted under a key
   * that is not there are left out.
   */
  async *list({ limit = 100 }: { readonly limit?: number | undefined } = {}): AsyncGenerator<ListedBatch> {
    try {
      yield* await listBatches(this.listing, limit);
    } catch (error) {
      throw this.explain(error);
    }
  }

  private async startOrJoin(batchId: string, spec: BatchSpec): Promise<void> {
    const known = await this.describe(batchId);
    if (known !== null) {
      checkSame(batchId, spec, known);
      if (known.status.name === 'COMPLETED') await this.checkUnchanged(batchId, spec, known);
      if (['RUNNING', 'COMPLETED'].includes(known.status.name)) return;
    }
    await this.start(batchId, spec, known);
  }

  /** A batch that is not over compares its input itself. */
  private async checkUnchanged(
    batchId: string,
    spec: BatchSpec,
    { memo }: WorkflowExecutionDescription,
  ): Promise<void> {
    const known = memo?.[MEMO_INPUT];
    if (typeof known !== 'string' || !(await hasChanged(openFiles(this.settings.keys), spec.input, known))) return;
    const message =
      `${shownLocation(spec.input)} has changed since batch ${batchId} completed it. ` +
      'Put it back as it was, or give the new one a folder of its own';
    throw callError({ kind: 'BadRequestError', message, callId: batchId });
  }

  private async start(batchId: string, spec: BatchSpec, before: WorkflowExecutionDescription | null): Promise<void> {
    const memo = before?.memo;
    const round = 1 + (typeof memo?.[MEMO_ROUND] === 'number' ? memo[MEMO_ROUND] : 0);
    const expectedSha256 = typeof memo?.[MEMO_INPUT] === 'string' ? memo[MEMO_INPUT] : null;
    const input: LlmBatchInput = { spec, round, expectedSha256 };
    try {
      await this.client.workflow.start('llmBatch', {
        args: [input],
        taskQueue: this.settings.taskQueue,
        workflowId: batchId,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        memo: {
          [MEMO_SPEC]: spec,
          [MEMO_ROUND]: round,
          ...(expectedSha256 !== null && { [MEMO_INPUT]: expectedSha256 }),
        },
        priority: { priorityKey: spec.priority, fairnessKey: fairnessKey(batchId) },
        staticSummary: `batch of ${shownLocation(spec.input)}`,
        typedSearchAttributes: [
          { key: defineSearchAttributeKey('HoldfastBatch', SearchAttributeType.KEYWORD), value: batchId },
        ],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
        throw explainStartError(error, placeOf(this.settings), batchId);
      }
      // Somebody else started it meanwhile.
      const known = await this.describe(batchId);
      if (known !== null) checkSame(batchId, spec, known);
    }
  }

  private async describe(batchId: string): Promise<WorkflowExecutionDescription | null> {
    try {
      return await this.looking.workflow.getHandle(batchId).describe();
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
      throw this.explain(error);
    }
  }

  private notFound(batchId: string): Error {
    const message = `there is no batch ${batchId} in namespace "${this.settings.namespace}"`;
    return callError({ kind: 'NotFoundError', message, callId: batchId });
  }

  private explain(error: unknown): unknown {
    return explainTemporalError(error, placeOf(this.settings));
  }
}

/** The id of a batch that was given none, by the folder of its output. */
export function batchIdOf(folder: string): string {
  return `batch-${createHash('sha256').update(locationOfFolder(folder)).digest('hex').slice(0, 16)}`;
}

function locationOfFolder(folder: string): string {
  return locationOf(folder).replace(/\/+$/, '');
}

function locationOf(text: string): string {
  try {
    return toLocation(text, process.cwd());
  } catch (error) {
    throw callError({ kind: 'BadRequestError', message: error instanceof Error ? error.message : String(error) });
  }
}

function specOf(options: BatchOptions): BatchSpec {
  const { num_retries, fallbacks, timeout } = options;
  const settings = Object.entries({ num_retries, fallbacks, timeout }).filter(([, value]) => value !== undefined);
  const spec: BatchSpec = {
    input: locationOf(options.input),
    output: locationOfFolder(options.output),
    mode: options.mode ?? BATCH_DEFAULTS.mode,
    concurrency: options.concurrency ?? BATCH_DEFAULTS.concurrency,
    groupConcurrency: options.groupConcurrency ?? {},
    chunkRows: options.chunkRows ?? BATCH_DEFAULTS.chunkRows,
    priority: options.priority ?? BATCH_DEFAULTS.priority,
    settings: Object.fromEntries(settings),
    maxTokensTotal: options.maxTokensTotal ?? null,
    ...(options.skipInvalid === true && { skipInvalid: true }),
    ...(options.allowed === undefined ? {} : { allowed: options.allowed }),
    ...(options.encryptsOutput === true && { encryptsOutput: true }),
    ...(options.caller === undefined ? {} : { caller: options.caller }),
    ...(options.expiresAt === undefined ? {} : { expiresMs: options.expiresAt.getTime() }),
    ...(options.webhook === undefined ? {} : { webhook: options.webhook }),
  };
  const problem = checkBatch(spec);
  if (problem !== null) throw callError({ kind: 'BadRequestError', message: problem });
  return spec;
}

function checkSame(batchId: string, spec: BatchSpec, { memo }: WorkflowExecutionDescription): void {
  if (sortedJson(memo?.[MEMO_SPEC]) === sortedJson(spec)) return;
  const message =
    `batch ${batchId} is there with another input or other options. ` +
    'Give the new one a folder of its own, or the options that the batch was started with';
  throw callError({ kind: 'ConflictError', message, callId: batchId });
}
