import type { PolicyField } from '../errors/error-kinds.js';
import type { WebhookRule } from './webhooks.js';

/** Retries per policy field. An unset field says nothing; 0 says "never". */
export type RetryPolicy = { readonly [field in PolicyField]?: number | undefined };

/** Settings that a config and a request may both make. Unset means: ask the next layer. */
interface SharedSettings {
  readonly numRetries?: number | undefined;
  readonly numRetriesPerRequest?: number | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly modelGroupRetryPolicy?: Readonly<Record<string, RetryPolicy>> | undefined;
  /** Until the first content of a stream. */
  readonly streamTimeoutMs?: number | undefined;
  readonly maxFallbacks?: number | undefined;
  readonly fallbacks?: readonly FallbackRule[] | undefined;
  readonly contextWindowFallbacks?: readonly FallbackRule[] | undefined;
  readonly contentPolicyFallbacks?: readonly FallbackRule[] | undefined;
  /** Whether an answer that does not fit the JSON schema of its request is a failure. */
  readonly validateSchema?: boolean | undefined;
}

/** Model groups that a call falls back to only when somebody says so. */
export interface FallbackApproval {
  readonly groups: readonly string[];
  /** How long a call waits for the word. */
  readonly timeoutMs: number;
  /** What holds when nobody has said a word by then. */
  readonly onTimeout: 'approve' | 'deny';
}

/** Settings of the router, as `router_settings` or `litellm_settings` may set them. */
export interface SettingsLayer extends SharedSettings {
  /** Attempt timeout. */
  readonly timeoutMs?: number | undefined;
  /** Between the chunks of a stream. */
  readonly streamIdleTimeoutMs?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly maxRetryDelayMs?: number | undefined;
  readonly fallbackReserve?: number | undefined;
  readonly maxLostAttempts?: number | undefined;
  readonly defaultFallbacks?: readonly FallbackEntry[] | undefined;
  readonly fallbackApproval?: FallbackApproval | undefined;
}

/** What one request may set for itself, read from beside its `model` and `messages`. */
export interface RequestSettings extends SharedSettings {
  /** The total for the call: all retries and fallbacks. */
  readonly timeoutMs?: number | undefined;
  readonly disableFallbacks?: boolean | undefined;
  /** Whether the provider is asked for a stream. It is sent to the provider, too. */
  readonly stream?: boolean | undefined;
}

/** Request settings that make sense for one group, and may stand in a fallback entry; there `timeout` is the group's total. */
export type GroupSettings = Pick<RequestSettings, 'numRetries' | 'retryPolicy' | 'timeoutMs' | 'streamTimeoutMs'>;

/** A model group to fall back to, and what changes for it. */
export interface FallbackEntry {
  readonly group: string;
  /** Settings for this group only. */
  readonly settings?: GroupSettings | undefined;
  /** Fields of the body for this group only, `messages` or `temperature` for instance. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The fallbacks of one group. `"*"` as the key means every group that has no rule of its own; an empty key is that of a
 * plain list, which is made for every group.
 */
export interface FallbackRule {
  readonly key: string;
  readonly entries: readonly FallbackEntry[];
}

/** A deployment as the rules see it. Its endpoint and key stay on the workers. */
export interface DeploymentPlan {
  readonly id: string;
  /** The deployment of the config that this one was made from, for a model that a wildcard serves. */
  readonly wildcardId?: string | undefined;
  /** The provider's name for the model. */
  readonly model: string;
  /** Of a wildcard: where the model is asked, by its name, the first that fits. @default all of them at one place */
  readonly routes?: readonly ProviderRoute[] | undefined;
  /** Lower ones are picked first. @default 1 */
  readonly order?: number | undefined;
  /** Share of the picks among equals. @default 1 */
  readonly weight?: number | undefined;
  readonly numRetries?: number | undefined;
  /** Attempt timeout. */
  readonly timeoutMs?: number | undefined;
  /** Until the first content of a stream. */
  readonly streamTimeoutMs?: number | undefined;
}

/** A place where a deployment asks for some of the models that it stands for. */
export interface ProviderRoute {
  /** The names that go there: `groq/*`. */
  readonly names: string;
  /** The provider's name for the model; each `*` stands for the same text as in `names`. */
  readonly model: string;
  /** The deployment of the config that asks there. */
  readonly id: string;
}

/** What the operator lets a request ask for at most. An unset one is no limit. */
export interface Ceilings {
  /** Of `num_retries`, and of each field of a policy. */
  readonly maxNumRetries?: number | undefined;
  /** The longest total; also the total of requests that set none, where there is no default. */
  readonly maxTimeoutMs?: number | undefined;
  /** The total of requests that set none. */
  readonly defaultTimeoutMs?: number | undefined;
  readonly maxFallbacks?: number | undefined;
}

/** The routing part of a config: all that retries and fallbacks need, and no secret. */
export interface RoutingConfig {
  /** Identifies the config in ledgers and results. */
  readonly hash: string;
  readonly groups: Readonly<Record<string, readonly DeploymentPlan[]>>;
  /** Groups whose names hold `*`, for names that are no group's; the `*` of their models stand for the same texts. */
  readonly wildcards?: Readonly<Record<string, readonly DeploymentPlan[]>> | undefined;
  readonly aliases: Readonly<Record<string, string>>;
  /** Aliases that are told to nobody. @default none */
  readonly hiddenAliases?: readonly string[] | undefined;
  readonly router: SettingsLayer;
  readonly litellm: SettingsLayer;
  /** @default none */
  readonly ceilings?: Ceilings | undefined;
  /** @default none */
  readonly webhooks?: readonly WebhookRule[] | undefined;
}

/** What holds when nothing is set. */
export const DEFAULTS = {
  numRetries: 2,
  /** 600 s */
  timeoutMs: 600_000,
  /** 60 s */
  streamIdleTimeoutMs: 60_000,
  retryAfterMs: 0,
  /** 60 s */
  maxRetryDelayMs: 60_000,
  /** Share of the time left that is kept for the groups still to come. */
  fallbackReserve: 0.25,
  maxLostAttempts: 5,
  maxFallbacks: 5,
  /** An hour. */
  approvalTimeoutMs: 3_600_000,
  approvalOnTimeout: 'deny',
  validateSchema: false,
} as const;
