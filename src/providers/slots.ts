import type { OperationalSettings } from '../core/deployments/operational.js';
import { createLimiter, type Asking, type Limiter } from './limiter.js';

/** Keeps `rpm` and `max_parallel_requests` of deployments, on this worker alone. */
export interface Slots {
  /** Waits some seconds for a slot, if its turn is near. */
  take(deployment: string, asking: Asking): ReturnType<Limiter['take']>;
}

export function createSlots(settings: OperationalSettings, limiter: Limiter = createLimiter()): Slots {
  return {
    take: (deployment, asking) => {
      const { rpm, maxParallelRequests = settings.maxParallelRequests } = settings.deployments[deployment] ?? {};
      return limiter.take(deployment, { rpm, maxParallelRequests }, asking);
    },
  };
}
