import type { OperationalSettings } from '../core/deployments/operational.js';
import { createLimiter, type Limiter } from './limiter.js';

/** Keeps `rpm` and `max_parallel_requests` of deployments, on this worker alone. */
export interface Slots {
  /** Waits up to a second for a slot. */
  take(deployment: string): ReturnType<Limiter['take']>;
}

export function createSlots(settings: OperationalSettings, limiter: Limiter = createLimiter()): Slots {
  return {
    take: (deployment) => {
      const { rpm, maxParallelRequests = settings.maxParallelRequests } = settings.deployments[deployment] ?? {};
      return limiter.take(deployment, { rpm, maxParallelRequests });
    },
  };
}
