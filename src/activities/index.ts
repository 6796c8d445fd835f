import type { CallProvider } from '../providers/call-provider.js';
import type { CallbackRunner } from '../callbacks/callback-runner.js';
import type { LoadedConfig } from '../config/index.js';
import { createCooldowns } from '../providers/cooldowns.js';
import { createSlots } from '../providers/slots.js';
import { createCallModelGroup } from './call-model-group.js';
import { lastProgress } from './last-progress.js';
import { createResolvePlan } from './resolve-plan.js';

export interface ActivityDeps {
  readonly config: LoadedConfig;
  readonly callProvider: CallProvider;
  readonly callbacks: Pick<CallbackRunner, 'tell'>;
  /** Fires when a stopping worker gives up the calls in flight. */
  readonly drained: AbortSignal;
  /** Where in its range a wait falls, uniform in [0, 1). @default Math.random */
  readonly jitter?: (() => number) | undefined;
}

/** The activities of a worker, with everything they need. */
export function createActivities(deps: ActivityDeps) {
  return {
    resolvePlan: createResolvePlan(deps.config.routing),
    callModelGroup: createCallModelGroup({
      ...deps,
      cooldowns: createCooldowns(deps.config.operational),
      slots: createSlots(deps.config.operational),
    }),
    lastProgress,
  };
}

export type Activities = ReturnType<typeof createActivities>;
