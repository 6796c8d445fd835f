import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Clock } from '../clock.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { SearchAttributeName } from '../core/common/search-attributes.js';
import { describeCall, type CallDescription } from './describe-call.js';

export interface ListOptions {
  /** Only calls that run in this model group and wait for, or make, an attempt after the first. */
  readonly retrying?: string | undefined;
  /** Only running calls whose last attempt ended with this error kind. */
  readonly kind?: ErrorKind | undefined;
  /** Only calls of rows of this batch. */
  readonly batch?: string | undefined;
  /** Only calls that were started before. */
  readonly startedBefore?: Date | undefined;
  /** Only calls that this list filter of Temporal's finds, too. */
  readonly query?: string | undefined;
  /** Only calls that are running, answered, failed or cancelled. */
  readonly state?: 'running' | 'answered' | 'failed' | 'cancelled' | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/** A call in a list. What it is doing now is described only for `retrying` and `kind`. */
export interface ListedCall {
  readonly callId: string;
  readonly status: string;
  readonly startedAt: Date;
  readonly closedAt: Date | null;
  readonly group: string | null;
  readonly servedGroup: string | null;
  readonly outcome: string | null;
  readonly errorKind: string | null;
  readonly attempts: number | null;
  readonly fallbacks: number | null;
  readonly description: CallDescription | null;
}

const STATUS_OF_STATE = { running: 'Running', answered: 'Completed', failed: 'Failed', cancelled: 'Canceled' } as const;

const DEFAULT_LIMIT = 100;

/** Lists calls by a visibility query, which lags a little behind; for `retrying` and `kind` each is described, which does not. */
export async function* listCalls(client: Client, options: ListOptions, clock: Clock): AsyncIterable<ListedCall> {
  let left = options.limit ?? DEFAULT_LIMIT;
  for await (const info of client.workflow.list({ query: queryOf(options) })) {
    if (left === 0) return;
    const description = isDescribed(options) ? await describeRunning(client, info, clock.now()) : null;
    if (options.retrying !== undefined && (description?.pending?.attempt ?? 1) < 2) continue;
    if (options.kind !== undefined && lastKind(description) !== options.kind) continue;
    left -= 1;
    yield listed(info, description);
  }
}

function isDescribed({ retrying, kind }: ListOptions): boolean {
  return retrying !== undefined || kind !== undefined;
}

function lastKind(description: CallDescription | null): ErrorKind | undefined {
  return description?.pending?.progress?.decided?.failure.kind;
}

/** A list filter of Temporal's. */
function queryOf(options: ListOptions): string {
  const { retrying, state, batch, startedBefore, query } = options;
  const status = isDescribed(options) ? 'running' : state;
  return [
    'WorkflowType = "llmCall"',
    ...(batch === undefined ? [] : [`HoldfastBatch = ${quoted(batch)}`]),
    ...(startedBefore === undefined ? [] : [`StartTime < ${quoted(startedBefore.toISOString())}`]),
    ...(query === undefined ? [] : [`(${query})`]),
    ...(retrying === undefined ? [] : [`HoldfastGroup = ${quoted(retrying)}`]),
    ...(status === undefined ? [] : [`ExecutionStatus = "${STATUS_OF_STATE[status]}"`]),
  ].join(' AND ');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Null for a call that ended since it was listed. */
async function describeRunning(
  client: Client,
  { workflowId, runId }: WorkflowExecutionInfo,
  nowMs: number,
): Promise<CallDescription | null> {
  try {
    return await describeCall(client, workflowId, { runId, nowMs });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
    throw error;
  }
}

function listed(info: WorkflowExecutionInfo, description: CallDescription | null): ListedCall {
  const attributes = new Map(info.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  const text = (name: SearchAttributeName) => attributes.get(name)?.toString() ?? null;
  const count = (name: SearchAttributeName) => {
    const value = attributes.get(name);
    return typeof value === 'number' ? value : null;
  };
  // A call that answers at once leaves no counts behind, to be cheap.
  const [one, none] = info.status.name === 'COMPLETED' ? [1, 0] : [null, null];
  return {
    callId: info.workflowId,
    status: info.status.name,
    startedAt: info.startTime,
    closedAt: info.closeTime ?? null,
    group: text('HoldfastGroup'),
    servedGroup: text('HoldfastServedGroup'),
    outcome: text('HoldfastOutcome'),
    errorKind: text('HoldfastErrorKind'),
    attempts: count('HoldfastAttempts') ?? one,
    fallbacks: count('HoldfastFallbacks') ?? none,
    description,
  };
}
