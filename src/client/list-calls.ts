import { createHash } from 'node:crypto';
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import type { Clock } from '../clock.js';
import { Turns } from '../core/common/turns.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { lastKind } from '../core/call/what-it-waits-for.js';
import type { SearchAttributeName } from '../core/common/search-attributes.js';
import { GRPC } from '../temporal/errors.js';
import { serverSays } from '../temporal/server-says.js';
import { describeCall, type CallDescription } from './describe-call.js';
import { callError } from './errors.js';

/** Which calls. */
export interface CallFilter {
  /** Only calls that run in this model group and wait for, or make, an attempt after the first. */
  readonly retrying?: string | undefined;
  /** Only calls that wait at the gate before this model group. */
  readonly gate?: string | undefined;
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
}

export interface ListOptions extends CallFilter {
  /** @default 100 */
  readonly limit?: number | undefined;
}

export interface PageOptions extends ListOptions {
  /** `next` of the page before. @default the first page */
  readonly after?: string | undefined;
}

/** A part of a list. */
export interface CallPage {
  /** Of `retrying`, `gate` and `kind` a page may have fewer than its limit, or none: others were looked at. */
  readonly calls: readonly ListedCall[];
  /** Where the next page begins; null: this is the last one. */
  readonly next: string | null;
}

/** A call in a list. What it is doing now is described only for `retrying`, `gate` and `kind`. */
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

/** A call runs also while its workflow is paused. */
const STATUSES = {
  running: ['Running', 'Paused'],
  answered: ['Completed'],
  failed: ['Failed'],
  cancelled: ['Canceled'],
} as const;

const DEFAULT_LIMIT = 100;

/** The server gives no more at once. */
const MAX_PAGE = 1000;

/** So many are described side by side. */
const AT_ONCE = 32;

/** Lists calls by a visibility query, which lags a little behind; for `retrying`, `gate` and `kind` each is described, which does not. */
export async function* listCalls(client: Client, options: ListOptions, clock: Clock): AsyncIterable<ListedCall> {
  let left = options.limit ?? DEFAULT_LIMIT;
  // A page is described as a whole, of which a filter may want little.
  const size = isDescribed(options) ? Math.max(left, DEFAULT_LIMIT) : left;
  let after: string | null = null;
  do {
    const page: CallPage = await pageOfCalls(client, { ...options, limit: size, after: after ?? undefined }, clock);
    for (const call of page.calls) {
      if (left === 0) return;
      left -= 1;
      yield call;
    }
    after = page.next;
  } while (after !== null && left > 0);
}

/** How many calls a filter finds, without `retrying`, `gate` and `kind`: those are known of each call by itself. */
export async function countCalls(
  client: Client,
  filter: Omit<CallFilter, 'retrying' | 'gate' | 'kind'>,
): Promise<number> {
  return (await withQuery(filter, (query) => client.workflow.count(query))).count;
}

/**
 * A page of what `listCalls` lists.
 * @throws BadRequestError for a `query` that the server does not understand, and an `after` that is none
 */
export async function pageOfCalls(
  client: Client,
  { limit = DEFAULT_LIMIT, after, ...filter }: PageOptions,
  clock: Clock,
): Promise<CallPage> {
  const { namespace, loadedDataConverter } = client.options;
  const asked = {
    namespace,
    pageSize: Math.min(limit, MAX_PAGE),
    nextPageToken: after === undefined ? null : tokenOf(after),
  };
  const list = (query: string) => client.workflowService.listWorkflowExecutions({ ...asked, query });
  const { executions, nextPageToken } = await withQuery(filter, list).catch((error: unknown) => {
    throw filter.query !== undefined && isInvalid(error) ? notUnderstood(error) : error;
  });
  const turns = new Turns(AT_ONCE);
  const found = executions.map(async (raw) => {
    const info = await executionInfoFromRaw(raw, loadedDataConverter, raw, namespace);
    if (!isDescribed(filter)) return listed(info, null);
    const description = await turns.take(() => describeRunning(client, info.workflowId, clock.now()));
    return isWanted(filter, description) ? listed(info, description) : null;
  });
  const calls = (await Promise.all(found)).filter((call) => call !== null);
  return { calls, next: nextPageToken.length === 0 ? null : pageAfter(nextPageToken) };
}

/** A server before 1.30 pauses no workflow, and takes no query that names that. */
async function withQuery<T>(filter: CallFilter, ask: (query: string) => Promise<T>): Promise<T> {
  try {
    return await ask(queryOf(filter));
  } catch (error) {
    const grpc = error instanceof Error && isInvalid(error.cause) ? error.cause : error;
    if (!isInvalid(grpc) || !serverSays(grpc).includes("'Paused'")) throw error;
    return ask(queryOf(filter, false));
  }
}

function isInvalid(error: unknown): error is Error & { readonly details: string } {
  return isGrpcServiceError(error) && error.code === GRPC.INVALID_ARGUMENT;
}

function notUnderstood(error: Error & { readonly details: string }): Error {
  const message = `the server does not understand the query: ${serverSays(error)}`;
  return callError({ kind: 'BadRequestError', message, cause: error });
}

/** The server's token, and how to know it again: the server calls any other one a fault of its own, and is asked on and on. */
function pageAfter(token: Uint8Array): string {
  return `${Buffer.from(token).toString('base64url')}.${checksum(token)}`;
}

function tokenOf(after: string): Uint8Array {
  const [encoded = '', sum] = after.split('.');
  const token = Buffer.from(encoded, 'base64url');
  if (sum === checksum(token)) return token;
  throw callError({ kind: 'BadRequestError', message: 'after: there is no such page; take `next` of the page before' });
}

function checksum(token: Uint8Array): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 8);
}

function isDescribed({ retrying, gate, kind }: CallFilter): boolean {
  return retrying !== undefined || gate !== undefined || kind !== undefined;
}

function isWanted({ retrying, gate, kind }: CallFilter, description: CallDescription | null): boolean {
  const isAtGate = description?.pending?.isGate === true;
  if (gate !== undefined && !isAtGate) return false;
  if (retrying !== undefined && (isAtGate || (description?.pending?.attempt ?? 1) < 2)) return false;
  const progress = description?.pending?.progress ?? null;
  return kind === undefined || (progress !== null && lastKind(progress) === kind);
}

/** A list filter of Temporal's. */
function queryOf(options: CallFilter, knowsPauses = true): string {
  const { retrying, gate, state, batch, startedBefore, query } = options;
  const status = isDescribed(options) ? 'running' : state;
  return [
    'WorkflowType = "llmCall"',
    ...(batch === undefined ? [] : [`HoldfastBatch = ${quoted(batch)}`]),
    ...(startedBefore === undefined ? [] : [`StartTime < ${quoted(startedBefore.toISOString())}`]),
    ...(query === undefined ? [] : [`(${query})`]),
    ...[retrying, gate].flatMap((group) => (group === undefined ? [] : [`HoldfastGroup = ${quoted(group)}`])),
    ...(status === undefined ? [] : [`ExecutionStatus IN (${statusesOf(status, knowsPauses)})`]),
  ].join(' AND ');
}

function statusesOf(state: keyof typeof STATUSES, knowsPauses: boolean): string {
  return STATUSES[state]
    .filter((status) => knowsPauses || status !== 'Paused')
    .map(quoted)
    .join(', ');
}

/** A text in a list filter of Temporal's. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Null for a call that ended since it was listed. */
export async function describeRunning(client: Client, callId: string, nowMs: number): Promise<CallDescription | null> {
  try {
    return await describeCall(client, callId, nowMs);
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
