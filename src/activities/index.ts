import type { Clock, Random } from '../clock.js';
import type { CallProvider } from '../providers/call-provider.js';
import type { CallbackRunner } from '../callbacks/callback-runner.js';
import type { LoadedConfig } from '../config/index.js';
import { createCooldowns } from '../providers/cooldowns.js';
import { createLimiter } from '../providers/limiter.js';
import { createSlots } from '../providers/slots.js';
import { openStorage, type Storage } from '../storage/index.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import { createAwaitRows } from './batch/await-rows.js';
import { createBatchFiles } from './batch/files.js';
import { createFirstAttempt } from './batch/first-attempt.js';
import { createRowCalls } from './batch/row-calls.js';
import { createStopRows } from './batch/stop-rows.js';
import { createRunChunk } from './batch/run-chunk.js';
import { createCallModelGroup } from './call-model-group.js';
import type { GroupAttemptDeps } from './attempt-context.js';
import { lastProgress } from './last-progress.js';
import { createResolvePlan } from './resolve-plan.js';
import type { RunningAttempts } from './running-attempts.js';

export interface ActivityDeps {
  readonly config: LoadedConfig;
  readonly callProvider: CallProvider;
  readonly callbacks: Pick<CallbackRunner, 'notify'>;
  /** The way of streamed answers to those who read them along. */
  readonly streams: Pick<StreamTransport, 'writer'>;
  /** Where attempts say that they are under way. */
  readonly running: Pick<RunningAttempts, 'begin'>;
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** Fires when a stopping worker gives up the calls in flight. */
  readonly drained: AbortSignal;
  readonly clock: Clock;
  /** Picks one of several deployments. */
  readonly random: Random;
  /** Where in its range a wait falls. */
  readonly jitter: Random;
}

/** What a worker makes attempts with: cooldowns, slots and the count of callers are its own. */
export function attemptsOf(deps: ActivityDeps): ActivityDeps & GroupAttemptDeps {
  const { clock } = deps;
  const { operational } = deps.config;
  return {
    ...deps,
    cooldowns: createCooldowns(operational, clock.now),
    slots: createSlots(operational, createLimiter(clock)),
    callers: createLimiter(clock),
  };
}

/** The activities of a worker, with everything they need. */
export function createActivities(attempts: ReturnType<typeof attemptsOf>, storage: Storage = openStorage()) {
  const { clock } = attempts;
  const { routing } = attempts.config;
  const rows = createRowCalls({ storage, routing, clock });
  return {
    resolvePlan: createResolvePlan(routing, clock),
    callModelGroup: createCallModelGroup(attempts, rows),
    lastProgress,
    resolveRow: rows.resolveRow,
    recordRowFailure: rows.recordRowFailure,
    ...createBatchFiles({ storage, routing, clock }),
    runChunk: createRunChunk({ ...attempts, storage, firstAttempt: createFirstAttempt(attempts) }),
    awaitRows: createAwaitRows(clock),
    stopRows: createStopRows(clock),
  };
}

export type Activities = ReturnType<typeof createActivities>;
