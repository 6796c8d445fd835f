import { budgetFor } from '../retries/budget.js';
import type { GroupPlan } from '../plan/call-plan.js';
import type { Failure } from '../errors/classify.js';
import { ERROR_KIND_NAMES, isErrorKind, type ErrorKind } from '../errors/error-kinds.js';
import { commonPlan } from '../call/resolve-plan.js';
import { resolveGroup } from '../plan/resolve-settings.js';
import type { RetryPolicy } from '../plan/settings.js';

/** Settings of retries, with the names and units of `router_settings`. They are not checked: that is done to a config. */
export interface RetrySettings {
  /** Retries per policy field. */
  readonly retry_policy?: RetryPolicy | undefined;
  /** The same per model group; wins over `retry_policy`, field by field. */
  readonly model_group_retry_policy?: Readonly<Record<string, RetryPolicy>> | undefined;
  /** The group that was asked, for `model_group_retry_policy`. */
  readonly model_group?: string | undefined;
  /** Retries of kinds that are retried by default, where no policy field covers them. @default 2 */
  readonly num_retries?: number | undefined;
  /** Seconds: the least wait before every retry. @default 0 */
  readonly retry_after?: number | undefined;
  /** Seconds: the longest wait that no provider asked for. @default 60 */
  readonly max_retry_delay?: number | undefined;
}

/** An error kind, or what has one: an error of a call, an event of a callback, what `classify` returns. */
export type ErrorWithKind = ErrorKind | (Pick<Failure, 'kind'> & Partial<Pick<Failure, 'notRetriedByDefault'>>);

/**
 * How often an error is retried by these settings: its policy field, or its parent's, in the policy of the group, then
 * in `retry_policy`; then `DefaultRetries`; then `num_retries`. 0 for an error that is not retried, also where another
 * deployment of the group would be asked.
 * @throws TypeError when there is no such error kind
 */
export function retriesFor(error: ErrorWithKind, settings: RetrySettings = {}): number {
  const { kind, notRetriedByDefault = null }: Exclude<ErrorWithKind, string> =
    typeof error === 'string' ? { kind: error } : error;
  const budget = budgetFor({ kind: knownKind(kind), notRetriedByDefault }, planOfSettings(settings), {});
  return budget.name === null || budget.moveOnly ? 0 : budget.size;
}

/** @throws TypeError when there is no such error kind */
export function knownKind(kind: unknown): ErrorKind {
  if (isErrorKind(kind)) return kind;
  throw new TypeError(`unknown error kind ${JSON.stringify(kind)}. There are: ${ERROR_KIND_NAMES.join(', ')}`);
}

/** The deployment of a group that is known by its settings alone. */
export const ONE_DEPLOYMENT = { id: 'one', model: '' } as const;

/** The plan of a group with one deployment, under these settings. */
export function planOfSettings(settings: RetrySettings): GroupPlan {
  const { model_group: group = '', retry_after: retryAfter, max_retry_delay: maxRetryDelay } = settings;
  const router = {
    retryPolicy: settings.retry_policy,
    modelGroupRetryPolicy: settings.model_group_retry_policy,
    numRetries: settings.num_retries,
    retryAfterMs: milliseconds(retryAfter),
    maxRetryDelayMs: milliseconds(maxRetryDelay),
  };
  const config = { hash: '', groups: { [group]: [ONE_DEPLOYMENT] }, aliases: {}, router, litellm: {} };
  return { group, deployments: [ONE_DEPLOYMENT], ...commonPlan(resolveGroup(config, {}, group), false) };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
