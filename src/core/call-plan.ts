import type { DeploymentPlan, FallbackEntry, FallbackRule, RetryPolicy } from './settings.js';

/** What a group may do, with all layers of settings resolved. */
export interface GroupPlan {
  readonly group: string;
  readonly deployments: readonly DeploymentPlan[];
  /** The layers merged field by field. */
  readonly retryPolicy: RetryPolicy;
  /** `num_retries` of the request; null when it sets none. 0 switches every retry off. */
  readonly requestNumRetries: number | null;
  /** `num_retries` when neither the request nor the deployment sets one. */
  readonly numRetries: number;
  /** Attempt timeout of deployments that set none. */
  readonly timeoutMs: number;
  /** Until the first content of a stream, as the request sets it; absent: it does not. */
  readonly requestStreamTimeoutMs?: number | undefined;
  /** Until the first content of a stream, where neither the request nor the deployment sets it; absent: no limit. */
  readonly streamTimeoutMs?: number | undefined;
  /** Between the chunks of a stream. Absent in plans of calls that are older than streams: the default. */
  readonly streamIdleTimeoutMs?: number | undefined;
  readonly retryAfterMs: number;
  readonly maxRetryDelayMs: number;
  readonly maxLostAttempts: number;
  /** The group's total where a fallback entry sets one; null: the call's deadline alone counts. */
  readonly totalMs: number | null;
}

/** The four lists of fallbacks that serve a call, the request's own ones already in their place. */
export interface FallbackLists {
  readonly fallbacks: readonly FallbackRule[];
  readonly contextWindow: readonly FallbackRule[];
  readonly contentPolicy: readonly FallbackRule[];
  readonly defaults: readonly FallbackEntry[];
  /** A request's `fallbacks` replaced all lists: it also means that blocked answers are delivered. */
  readonly fromRequest: boolean;
}

/**
 * All that a call may do, resolved once when it starts and kept in its history, so that a change of the config never
 * disturbs a running call. Holds no secret.
 */
export interface CallPlan {
  readonly configHash: string;
  /** The model group as the caller named it. */
  readonly requested: string;
  /** The group the call starts with. */
  readonly first: FallbackEntry;
  /** Names the first group goes by in lookups: the caller's alias, then its target. */
  readonly firstNames: readonly string[];
  /** Set when the requested model is unknown and a default group stands for it. */
  readonly firstIsDefault: boolean;
  /** Default groups before the first one that do not exist. */
  readonly passedOver: readonly string[];
  /** Every group that the walk can reach, by name. */
  readonly groups: Readonly<Record<string, GroupPlan>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly lists: FallbackLists;
  readonly maxFallbacks: number;
  /** Caps the retries of the whole call; null: no cap. */
  readonly numRetriesPerRequest: number | null;
  /** The total for the call; null: no limit. */
  readonly timeoutMs: number | null;
  readonly fallbackReserve: number;
}
