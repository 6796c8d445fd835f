import type { DeploymentPlan, FallbackApproval, FallbackEntry, FallbackRule, RetryPolicy } from './settings.js';
import type { WebhookTargets } from './webhooks.js';

/** What all groups of a call have in common, with all layers of settings resolved. */
export interface CommonPlan {
  /** The layers merged field by field. */
  readonly retryPolicy: RetryPolicy;
  /** `num_retries` of the request; absent when it sets none. 0 switches every retry off. */
  readonly requestNumRetries?: number | undefined;
  /** `num_retries` when neither the request nor the deployment sets one. */
  readonly numRetries: number;
  /** Attempt timeout of deployments that set none. */
  readonly timeoutMs: number;
  /** Until the first content of a stream, as the request sets it; absent: it does not. */
  readonly requestStreamTimeoutMs?: number | undefined;
  /** Until the first content of a stream, where neither the request nor the deployment sets it; absent: no limit. */
  readonly streamTimeoutMs?: number | undefined;
  /** Between the chunks of a stream; absent: the request asks for none. */
  readonly streamIdleTimeoutMs?: number | undefined;
  readonly retryAfterMs: number;
  readonly maxRetryDelayMs: number;
  readonly maxLostAttempts: number;
  /** An answer that does not fit the JSON schema of its request is a failure; absent: it is delivered. */
  readonly validateSchema?: true | undefined;
}

/** What a group has of its own. */
export interface OwnPlan {
  readonly deployments: readonly DeploymentPlan[];
  /** Fields in which its policy is another than that of all groups; absent: none. */
  readonly retryPolicy?: RetryPolicy | undefined;
}

/** What a group may do. */
export interface GroupPlan extends CommonPlan {
  readonly group: string;
  readonly deployments: readonly DeploymentPlan[];
  /** The group's total where a fallback entry sets one; absent: the call's deadline alone counts. */
  readonly totalMs?: number | undefined;
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
 * disturbs a running call. Holds no secret, and nothing that the call cannot come to: every byte is stored.
 */
export interface CallPlan {
  readonly configHash: string;
  /** The group the call starts with, by the caller's name for it. */
  readonly first: FallbackEntry;
  /** The model that the caller asked for, where it is unknown and the first group, a default one, stands for it. */
  readonly standsFor?: string | undefined;
  /** Default groups before the first one that do not exist. */
  readonly passedOver?: readonly string[] | undefined;
  /** What the request asked beyond the ceilings of the operator; absent: nothing. */
  readonly cut?: readonly string[] | undefined;
  /** Fields of the request that are LiteLLM's own: no provider gets them. */
  readonly takenOut?: readonly string[] | undefined;
  readonly common: CommonPlan;
  /** Every group that the walk can reach, by name. */
  readonly groups: Readonly<Record<string, OwnPlan>>;
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** What the walk can come to of the lists; an absent one is empty. */
  readonly lists?: Partial<FallbackLists> | undefined;
  /** Absent without lists. */
  readonly maxFallbacks?: number | undefined;
  /** Groups that ask before the call falls back to them, by their real names; absent: none that it can reach. */
  readonly approval?: FallbackApproval | undefined;
  /** Who is told what of the call; absent: nobody. */
  readonly webhooks?: WebhookTargets | undefined;
  /** Caps the retries of the whole call; absent: no cap. */
  readonly numRetriesPerRequest?: number | undefined;
  /** The total for the call; absent: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Absent without a total. */
  readonly fallbackReserve?: number | undefined;
}
