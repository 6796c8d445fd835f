import type { Ceilings, FallbackEntry, FallbackRule, GroupSettings, RequestSettings, RetryPolicy } from './settings.js';

export interface CutRequest {
  readonly settings: RequestSettings;
  /** What was asked beyond a ceiling: `num_retries: 50, cut to 5`. */
  readonly cut: readonly string[];
}

/** A request within the ceilings. What the config says of itself is the operator's own choice, and not cut. */
export function cutToCeilings(request: RequestSettings, ceilings: Ceilings = {}): CutRequest {
  const cuts = new Cuts(ceilings);
  const { maxTimeoutMs, defaultTimeoutMs = maxTimeoutMs } = ceilings;
  const lists = {
    fallbacks: cuts.rules('fallbacks', request.fallbacks),
    contextWindowFallbacks: cuts.rules('context_window_fallbacks', request.contextWindowFallbacks),
    contentPolicyFallbacks: cuts.rules('content_policy_fallbacks', request.contentPolicyFallbacks),
  };
  const settings: RequestSettings = {
    ...request,
    ...lists,
    numRetries: cuts.retries('num_retries', request.numRetries),
    retryPolicy: cuts.policy('retry_policy', request.retryPolicy),
    modelGroupRetryPolicy: mapped(request.modelGroupRetryPolicy, (policy, group) =>
      cuts.policy(`model_group_retry_policy.${group}`, policy),
    ),
    timeoutMs: cuts.timeout('timeout', request.timeoutMs) ?? least(defaultTimeoutMs, maxTimeoutMs),
    maxFallbacks: cuts.atMost('max_fallbacks', request.maxFallbacks, ceilings.maxFallbacks),
  };
  return { settings, cut: cuts.made };
}

class Cuts {
  readonly made: string[] = [];
  private readonly ceilings: Ceilings;

  constructor(ceilings: Ceilings) {
    this.ceilings = ceilings;
  }

  /** @param unit - how many of the value are one of what is shown */
  atMost(name: string, value: number | undefined, ceiling: number | undefined, unit = 1): number | undefined {
    if (value === undefined || ceiling === undefined || value <= ceiling) return value;
    this.made.push(`${name}: ${value / unit}, cut to ${ceiling / unit}`);
    return ceiling;
  }

  retries(name: string, value: number | undefined): number | undefined {
    return this.atMost(name, value, this.ceilings.maxNumRetries);
  }

  timeout(name: string, valueMs: number | undefined): number | undefined {
    return this.atMost(name, valueMs, this.ceilings.maxTimeoutMs, 1000);
  }

  policy<P extends RetryPolicy | undefined>(name: string, policy: P): P {
    return mapped(policy, (retries, field) => this.retries(`${name}.${field}`, retries)) as P;
  }

  rules(name: string, rules: readonly FallbackRule[] | undefined): readonly FallbackRule[] | undefined {
    return rules?.map(({ key, entries }) => ({ key, entries: entries.map((entry) => this.entry(name, entry)) }));
  }

  private entry(name: string, entry: FallbackEntry): FallbackEntry {
    return entry.settings === undefined
      ? entry
      : { ...entry, settings: this.ofGroup(`${name} ${entry.group}`, entry.settings) };
  }

  private ofGroup(name: string, settings: GroupSettings): GroupSettings {
    return {
      ...settings,
      numRetries: this.retries(`${name}: num_retries`, settings.numRetries),
      retryPolicy: this.policy(`${name}: retry_policy`, settings.retryPolicy),
      timeoutMs: this.timeout(`${name}: timeout`, settings.timeoutMs),
    };
  }
}

function mapped<T>(
  record: Readonly<Record<string, T>> | undefined,
  change: (value: T, key: string) => T,
): Record<string, T> | undefined {
  return record && Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? one : Math.min(one, other);
}
