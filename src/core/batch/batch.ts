import type { WebhookTargets } from '../plan/webhooks.js';
import type { ErrorKind } from '../errors/error-kinds.js';
import type { Tokens } from '../errors/failure-facts.js';
import type { Operation } from '../common/operations.js';
import type { BatchFiles, RecordPlace, RowCaller, RowRef } from '../call/row-source.js';

/** The wire types of batches: everything of them that crosses a boundary of Temporal. JSON only, and never a row's text. */

/** Each row a call of its own, or first attempts made many at a time. */
export type BatchMode = 'workflow' | 'packed';

/** What the rows of a batch may ask for. */
export interface AllowedRows {
  readonly operation: Operation;
  /** Model groups, also by wildcards. @default all */
  readonly groups?: readonly string[] | undefined;
  /** How large a packed input may be, unpacked. @default any size that its packed size explains */
  readonly maxUnpackedBytes?: number | undefined;
}

/** What a batch is asked for. */
export interface BatchSpec {
  /** Where the rows are: a URL, `file:///…` or `s3://…`. */
  readonly input: string;
  /** The folder that gets `output.jsonl`, `errors.jsonl` and `summary.json`: a URL. */
  readonly output: string;
  /** `auto`: `workflow` up to 1,000 rows, `packed` above. */
  readonly mode: BatchMode | 'auto';
  /** Rows in flight at once. */
  readonly concurrency: number;
  /** Rows handled by one activity. */
  readonly chunkRows: number;
  /** Temporal's priority key, 1 to 5; calls outside of batches have 3. */
  readonly priority: number;
  /** Request settings for rows that do not set them: `num_retries`, `fallbacks`, `timeout`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Rows of a model group in flight at once, where it is less than `concurrency`. */
  readonly groupConcurrency: Readonly<Record<string, number>>;
  /** The batch pauses when it has used so many tokens; null: no limit. */
  readonly maxTokensTotal: number | null;
  /** Whether rows that cannot be run fail, and the others are run. @default nothing is run then */
  readonly skipInvalid?: boolean | undefined;
  /** A row that asks for anything else cannot be run. @default anything that the config has */
  readonly allowed?: AllowedRows | undefined;
  /** Whether workers with keys encrypt the output. @default it is for whoever reads the files */
  readonly encryptsOutput?: boolean | undefined;
  /** Whose limits hold for the rows. @default nobody's */
  readonly caller?: RowCaller | undefined;
  /** When the batch is stopped, in milliseconds since 1970: rows that have no answer by then get none. @default never */
  readonly expiresMs?: number | undefined;
  /** The webhook that is told of the batch. @default those of the config alone */
  readonly webhook?: string | undefined;
}

/** What the check of the input found. */
export interface InputIndex {
  /** Where rows are read from: the input, or its unpacked copy. */
  readonly input: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly chunkRows: number;
  readonly chunks: number;
  /** Rows that cannot be run; above 0 nothing is, unless these are to be skipped. */
  readonly problems: number;
  /** Rows per model group. */
  readonly groups: Readonly<Record<string, number>>;
  /** Estimated from the length of the prompts. */
  readonly promptTokens: number;
  /** Who is told what of the batch. @default nobody */
  readonly webhooks?: WebhookTargets | undefined;
}

/** With more rows that cannot be run an input is refused, also where they are to be skipped. */
export const MAX_SKIPPED_ROWS = 100_000;

/** Input of the activity `indexBatch`. */
export interface IndexBatchInput extends Pick<
  BatchSpec,
  'input' | 'chunkRows' | 'allowed' | 'skipInvalid' | 'webhook'
> {
  readonly files: BatchFiles;
}

/** First attempts that a chunk may make. */
export interface ChunkAttempts {
  /** Rows in flight at once. */
  readonly slots: number;
  /** Rows of a model group in flight at once. */
  readonly groupSlots: Readonly<Record<string, number>>;
  /** No row is begun once the rows of the chunk have used so many tokens, whoever ran them; null: no limit. */
  readonly maxTokens: number | null;
}

/** Input of the activity `runChunk`: a look at what is written of a chunk, before which first attempts may be made. */
export interface RunChunkInput {
  readonly files: BatchFiles;
  readonly index: InputIndex;
  readonly chunk: number;
  readonly mode: BatchMode;
  /** Null: the chunk is only looked at. */
  readonly attempts: ChunkAttempts | null;
  /** Rows whose calls run, or are said to have ended: they are not named. */
  readonly known: readonly number[];
  /** Those of them whose calls were stopped from outside: they have failed, unless something else is written. */
  readonly stopped: readonly number[];
  /** Of a model group with a limit at most so many rows are named. @default as many as of all */
  readonly groupNames: Readonly<Record<string, number>>;
  /** Whether something is written first, to find out whether that can be done again. @default false */
  readonly probes?: boolean;
}

/** Rows that came to their end. */
export interface RowCounts {
  readonly answered: number;
  readonly failed: number;
  /** Failed rows per error kind. */
  readonly errors: Readonly<Record<string, number>>;
  readonly tokens: Tokens;
}

/** So many rows are named at once, so that the result stays small however long their names are. */
export const NAMES_AT_ONCE = 100;

/** A row that waits for a call of its own. */
export interface NamedRow extends RowRef {
  /** Where its first attempt is written; null: none was made. */
  readonly attempt: RecordPlace | null;
}

/** Output of the activity `runChunk`: where its rows stand, by what is written of them. */
export interface ChunkResult {
  /** Rows that have come to their end, whoever brought them there. */
  readonly counts: RowCounts;
  /** Rows whose first attempts are still to be made by the chunk. */
  readonly fresh: number;
  /** Rows that wait for calls of their own, without those that the batch knows. */
  readonly waiting: number;
  /** How many of them are of each model group with a limit, in the order of `groupNames`. @default of none */
  readonly waitingIn?: readonly number[];
  /** The first of them. */
  readonly named: readonly NamedRow[];
  /** Rows that the batch knows, and that have come to their end. */
  readonly ended: readonly number[];
}

/** Signal `chunkTail`: a chunk has begun its last row, and this many are still in flight. */
export interface ChunkTail {
  readonly chunk: number;
  readonly inFlight: number;
}

/** Signal `chunkTrouble`: a chunk cannot write what it has in its hands, and waits; null: it could again. */
export interface ChunkTrouble {
  readonly chunk: number;
  readonly trouble: string | null;
}

/** Heartbeat details of `runChunk`: what a follower sees of a running chunk. */
export interface ChunkProgress {
  readonly chunk: number;
  readonly answered: number;
  /** First attempts that failed since the batch began this run of the chunk: their rows go on as calls of their own. */
  readonly attempted: number;
  readonly inFlight: number;
  readonly tokens: number;
  /** Attempts of the activity that ended with a throw of ours: the others were lost with their worker. */
  readonly ended: number;
}

/** A row, and the chunk it is in. */
export interface RowPlace {
  readonly row: number;
  readonly chunk: number;
}

/**
 * What is said of the end of a row's call. `stopped`: from outside; `gone`: Temporal does not know it any more. What counts
 * is what is written.
 */
export type CallEnd =
  | { readonly state: 'answered'; readonly tokens: Tokens }
  | { readonly state: 'failed'; readonly kind: ErrorKind; readonly tokens: Tokens }
  | { readonly state: 'stopped' }
  | { readonly state: 'gone' };

export type RowEnd = RowPlace & CallEnd;

/**
 * Why a batch is paused, and who did it: a person; or the batch, which cannot go on. Where that is for its files, it looks
 * for them again and goes on by itself.
 */
export interface BatchPause {
  readonly reason: string;
  readonly by: 'person' | 'batch';
}

/** What can be changed while a batch runs. */
export interface BatchLimits {
  readonly concurrency: number;
  /** Null: no limit. */
  readonly maxTokensTotal: number | null;
}

/** What a paused batch is told to go on with. */
export interface ResumeOptions {
  /** A new limit of tokens; null: none. @default the one it had */
  readonly maxTokensTotal?: number | null;
}

/** Where a batch stands. */
export type BatchState =
  'checking' | 'running' | 'paused' | 'writing output' | 'completed' | 'completed with errors' | 'cancelled' | 'failed';

/** Answer of the query `status`. */
export interface BatchStatus {
  readonly batchId: string;
  readonly state: BatchState;
  /** Why it is paused, or failed; while it runs, what went wrong and is tried again. */
  readonly reason: string | null;
  /** Who paused it; `batch`: it cannot go on before a person does something. Null: it is not paused. */
  readonly pausedBy: BatchPause['by'] | null;
  readonly spec: BatchSpec;
  /** What `auto` came to; null until the input is checked. */
  readonly mode: BatchMode | null;
  /** Null until the input is checked. */
  readonly rows: number | null;
  readonly counts: RowCounts;
  /**
   * Rows whose first attempt failed and that go on, or wait to go on, as calls of their own; null in mode `workflow`, whose
   * rows are such calls from the begin, so that only the calls know.
   */
  readonly retrying: number | null;
  /** Rows in flight, as far as the workflow knows; without those that retry. */
  readonly inFlight: number;
  /** Chunks whose activity is running, and what of them is in `counts`. */
  readonly chunks: readonly { readonly chunk: number; readonly counts: RowCounts }[];
  /** ISO 8601 */
  readonly startedAt: string;
}

/** Result of the workflow `llmBatch`; the summary with everything is in the output folder. */
export interface BatchResult {
  readonly state: 'completed' | 'completed with errors';
  readonly rows: number;
  readonly counts: RowCounts;
  readonly output: string;
}

/** Failure type of activities whose worker cannot read or write the files of a batch. No error kind: no call fails by it. */
export const STORAGE_FAILURE = 'StorageFailure';

/** Failure type of a batch whose input has rows that cannot be run. */
export const BAD_INPUT = 'BadInput';

/** Failure type of a batch that cannot go on for something in itself, and of its activities in which that is. */
export const BATCH_BROKEN = 'BatchBroken';

/** Failure type of a batch that was stopped at its `expiresMs`. */
export const BATCH_EXPIRED = 'BatchExpired';

/**
 * Fields of a batch's memo: what it was asked for, how often it was started, and what its input was; when it was started,
 * in milliseconds since 1970, where its history was continued as new.
 */
export const MEMO_SPEC = 'holdfastBatchSpec';
export const MEMO_ROUND = 'holdfastBatchRound';
export const MEMO_INPUT = 'holdfastBatchInput';
export const MEMO_STARTED = 'holdfastBatchStarted';

/** The folder for what belongs to a batch alone, in the folder of its output. */
export function batchFolder(output: string): string {
  return `${output}/.holdfast`;
}

/** The workflow id of a row's own call. */
export function rowCallId(batchId: string, row: number): string {
  return `${batchId}-row-${row}`;
}

/** The batch that a call with such an id is of, if it is of one at all; null: it is of none. */
export function batchOfRowCall(workflowId: string): string | null {
  return /^(.+)-row-\d+$/.exec(workflowId)?.[1] ?? null;
}

/** Names of the messages that a batch takes. */
export const STATUS = 'status';
export const IS_PAUSED = 'isPaused';
export const CHUNK_TAIL = 'chunkTail';
export const CHUNK_TROUBLE = 'chunkTrouble';
export const PAUSE = 'pause';
export const RESUME = 'resume';
export const SET_CONCURRENCY = 'setConcurrency';
