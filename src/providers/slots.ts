import type { OperationalSettings } from '../core/deployments/operational.js';
import { createLimiter, type Asking, type Limiter } from './limiter.js';
import type { SharedLimits } from './shared-limits.js';

/** Keeps `rpm` and `max_parallel_requests` of deployments. */
export interface Slots {
  /** Waits some seconds for a slot, if its turn is near. */
  take(deployment: string, asking: Asking): ReturnType<Limiter['take']>;
}

/** Each worker has the whole limits. */
const NOT_SHARED: SharedLimits = { of: async (_, limits) => () => limits };

export function createSlots(
  settings: OperationalSettings,
  limiter: Limiter = createLimiter(),
  shared: SharedLimits = NOT_SHARED,
): Slots {
  return {
    take: async (deployment, asking) => {
      const own = settings.deployments[deployment];
      // 0 is without limit.
      const rpm = own?.rpm || undefined;
      const maxParallelRequests = (own?.maxParallelRequests ?? settings.maxParallelRequests) || undefined;
      const isLimited = rpm !== undefined || maxParallelRequests !== undefined;
      const limits = isLimited ? await shared.of(deployment, { rpm, maxParallelRequests }, asking) : () => ({});
      return limiter.take(deployment, limits, asking);
    },
  };
}
