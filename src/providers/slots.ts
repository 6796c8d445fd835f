import { systemClock } from '../clock.js';
import type { ExpectedTokens } from '../core/deployments/expected-tokens.js';
import type { OperationalSettings } from '../core/deployments/operational.js';
import type { Share } from '../core/deployments/shares.js';
import type { Circuits } from './circuits.js';
import { createLimiter, type Asking, type Limiter } from './limiter.js';
import { lineOfReturn, type SharedBoard } from './shared-board.js';

/** Keeps `rpm`, `tpm` and `max_parallel_requests` of deployments, and the line of those who wait for one that has failed. */
export interface Slots {
  /**
   * Waits some seconds for a slot, if its turn is near.
   * @param expects - tells what the request will take of the tokens, where these are limited
   */
  take(deployment: string, asking: Asking, expects?: () => ExpectedTokens): ReturnType<Limiter['take']>;
  /** The same in the line of its return; null: it is not away. */
  takeReturn(deployment: string, asking: Asking): ReturnType<Limiter['take']> | null;
  /** Whether one that comes now would wait in that line, while others begin. */
  isBusy(deployment: string): boolean;
}

/** What slots are shared by. */
export type SharedSlots = Pick<SharedBoard, 'of' | 'workersOf'>;

/** Each worker has the whole limits. */
function notShared(settings: OperationalSettings): SharedSlots {
  return { of: async (deployment) => () => limitsOf(settings, deployment), workersOf: () => 1 };
}

const NEVER_AWAY: Pick<Circuits, 'of'> = { of: () => undefined };

export function createSlots(
  settings: OperationalSettings,
  limiter: Limiter = createLimiter(),
  shared: SharedSlots = notShared(settings),
  circuits: Pick<Circuits, 'of'> = NEVER_AWAY,
  now: () => number = systemClock.now,
): Slots {
  const limitsOfReturn = (id: string) => ({ circuit: circuits.of(id), among: shared.workersOf(id) });
  return {
    take: async (deployment, asking, expects) => {
      const limits = await shared.of(deployment, asking);
      const { tpm } = limitsOf(settings, deployment);
      return limiter.take(deployment, limits, tpm === undefined ? asking : { ...asking, tokens: expects?.() });
    },
    takeReturn: (deployment, asking) => {
      if (circuits.of(deployment) === undefined) return null;
      return limiter.take(lineOfReturn(deployment), () => limitsOfReturn(deployment), asking);
    },
    isBusy: (deployment) =>
      circuits.of(deployment)?.state === 'ramp' &&
      limiter.turnMs(lineOfReturn(deployment), limitsOfReturn(deployment)) > now(),
  };
}

/** The limits of a deployment of the config. 0 is without limit. */
export function limitsOf(settings: OperationalSettings, deployment: string): Share {
  const own = settings.deployments[deployment];
  const maxParallelRequests = own?.maxParallelRequests ?? settings.maxParallelRequests;
  return {
    ...(own?.rpm && { rpm: own.rpm }),
    ...(own?.tpm && { tpm: own.tpm }),
    ...(maxParallelRequests && { maxParallelRequests }),
  };
}
