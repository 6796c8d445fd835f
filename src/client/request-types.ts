import type { PolicyField } from '../core/error-kinds.js';

/** Retries per error kind, in LiteLLM's spelling. */
export type RetryPolicySettings = { [field in PolicyField]?: number };

/** A fallback: a model group, or a group with what changes for it. */
export type FallbackSetting =
  | string
  | {
      model: string;
      num_retries?: number;
      retry_policy?: RetryPolicySettings;
      timeout?: number;
      [field: string]: unknown;
    };

/** Fallbacks for every group of the call, or by group. */
export type FallbackSettings =
  FallbackSetting | (FallbackSetting | { [group: string]: FallbackSetting | FallbackSetting[] })[];

/** Settings of one call, beside what is sent to the provider. Each overrides the config of the workers. */
export interface CallSettings {
  /** Retries of errors that are retried by default; 0 switches all retries off. @default the config's, else 2 */
  num_retries?: number;
  /** Caps the retries of the whole call, fallback groups included. @default no cap */
  num_retries_per_request?: number;
  /** Retries per error kind; wins over `num_retries`. */
  retry_policy?: RetryPolicySettings;
  /** Retries per error kind, by model group. */
  model_group_retry_policy?: { [group: string]: RetryPolicySettings };
  /** Seconds for the whole call: all retries and fallbacks. @default no limit */
  timeout?: number;
  /** Replaces all fallback lists of the config; `[]` means none. */
  fallbacks?: FallbackSettings;
  /** Replaces the config's list for prompts that do not fit. */
  context_window_fallbacks?: FallbackSettings;
  /** Replaces the config's list for prompts and answers that a content policy refused. */
  content_policy_fallbacks?: FallbackSettings;
  /** Fallback groups tried in all. @default the config's, else 5 */
  max_fallbacks?: number;
  /** No fallbacks at all. @default false */
  disable_fallbacks?: boolean;
}
