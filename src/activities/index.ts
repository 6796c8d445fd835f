import type { Clock, Random } from '../clock.js';
import type { CallProvider } from '../providers/call-provider.js';
import type { CallbackRunner } from '../callbacks/callback-runner.js';
import type { LoadedConfig } from '../config/index.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { RowMemory } from '../providers/row-memory.js';
import { createCooldowns } from '../providers/cooldowns.js';
import { createLimiter } from '../providers/limiter.js';
import { Circuits } from '../providers/circuits.js';
import { FailureMarks } from '../providers/failure-marks.js';
import { RecentLog } from '../providers/recent-log.js';
import { SharedBoard, type SharedBoardDeps } from '../providers/shared-board.js';
import { createSlots, limitsOf } from '../providers/slots.js';
import { openFiles, type Storage } from '../storage/index.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import { createActOnGroup } from './act-on-group.js';
import { createAwaitApproval } from './await-approval.js';
import { createAwaitRows } from './batch/await-rows.js';
import { createBatchFiles } from './batch/files.js';
import { createFirstAttempt } from './batch/first-attempt.js';
import { createRowCalls } from './batch/row-calls.js';
import { createStopRows } from './batch/stop-rows.js';
import { createRunChunk } from './batch/run-chunk.js';
import { createCallModelGroup } from './call-model-group.js';
import type { AttemptObserver, GroupAttemptDeps } from './attempt-context.js';
import { drainedSignal } from './drained-signal.js';
import { createFindHoldTarget } from './find-hold-target.js';
import { createSendWebhook } from './send-webhook.js';
import { FirstAttempts, type FirstAttemptsDeps } from './first-attempts.js';
import { HandOvers } from './hand-overs.js';
import { createBeginCall } from './resolve-plan.js';
import type { RunningAttempts } from './running-attempts.js';

export interface ActivityDeps {
  readonly config: LoadedConfig;
  /** Whether what calls are given may be encrypted, or lie in external storage. @default false */
  readonly mayBeUnread?: boolean | undefined;
  readonly maxPayloadBytes?: GroupAttemptDeps['maxPayloadBytes'];
  readonly keepPayload?: GroupAttemptDeps['keepPayload'];
  readonly callProvider: CallProvider;
  readonly callbacks: Pick<CallbackRunner, 'notify'>;
  /** The way of streamed answers to those who read them along. */
  readonly streams: StreamTransport;
  /** Where attempts say that they are under way. */
  readonly running: Pick<RunningAttempts, 'begin'>;
  readonly observer: AttemptObserver;
  /** @default attempts are not traced */
  readonly traces?: GroupAttemptDeps['traces'];
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** Fires when a stopping worker gives up the calls in flight. */
  readonly drained: AbortSignal;
  /** What all workers of the task queue share. */
  readonly board: Pick<SharedBoardDeps, 'report' | 'worker' | 'warn'>;
  readonly clock: Clock;
  /** Picks one of several deployments. */
  readonly random: Random;
  /** Where in its range a wait falls. */
  readonly jitter: Random;
}

/** What a worker makes attempts with: the count of callers is its own, what is known of deployments is shared. */
export function attemptsOf(
  deps: ActivityDeps,
): Omit<ActivityDeps, 'board'> & GroupAttemptDeps & { readonly board: SharedBoard } {
  const { clock } = deps;
  const { operational } = deps.config;
  const lines = createLimiter(clock);
  const circuits = new Circuits(deps.board.worker, clock.now);
  const marks = new FailureMarks();
  const recent = new RecentLog(clock.now);
  const limits = (id: string) => limitsOf(operational, id);
  const board = new SharedBoard({ ...deps.board, lines, limitsOf: limits, circuits, marks, recent, clock });
  return {
    ...deps,
    board,
    recent,
    cooldowns: createCooldowns(operational, clock.now, circuits, marks, board),
    slots: createSlots(operational, lines, board, circuits, clock.now),
    callers: createLimiter(clock),
    rowMemory: new RowMemory(),
  };
}

/** Of first attempts in first workflow tasks. */
export interface FirstTaskOptions extends Pick<FirstAttemptsDeps, 'holdMs'> {
  /** How long those in flight may go on when the worker stops. */
  readonly drainMs: number;
  /** So many first activities in a row must have come to the worker that had the first workflow task. @default 20 */
  readonly proof?: number | undefined;
}

/**
 * The activities of a worker, with everything they need.
 * @param firstTask - absent: every attempt is made in the activity of its group
 */
export function createActivities(
  attempts: ReturnType<typeof attemptsOf>,
  storage: Storage = openFiles(undefined),
  firstTask?: FirstTaskOptions,
) {
  const { clock, maxPayloadBytes = MAX_PAYLOAD_BYTES } = attempts;
  const { routing } = attempts.config;
  const handOvers = new HandOvers(clock, firstTask?.proof);
  const firstAttempts = firstTask && firstAttemptsOf(attempts, firstTask, handOvers);
  const rows = createRowCalls({ ...attempts, storage, routing });
  return {
    // The name that histories have.
    resolvePlan: createBeginCall(routing, clock, firstAttempts, maxPayloadBytes),
    maxRequestBytes: async () => maxPayloadBytes,
    callModelGroup: createCallModelGroup(attempts, rows, handOvers),
    sendWebhook: createSendWebhook(attempts.config, clock),
    awaitApproval: createAwaitApproval(clock),
    ...createActOnGroup(clock),
    findHoldTarget: createFindHoldTarget(routing),
    resolveRow: rows.resolveRow,
    recordRowFailure: rows.recordRowFailure,
    ...createBatchFiles({ storage, routing, clock }),
    runChunk: createRunChunk({ ...attempts, storage, firstAttempt: createFirstAttempt(attempts) }),
    awaitRows: createAwaitRows(clock),
    stopRows: createStopRows(clock),
  };
}

function firstAttemptsOf(
  attempts: ReturnType<typeof attemptsOf>,
  { holdMs, drainMs }: FirstTaskOptions,
  handOvers: HandOvers,
): FirstAttempts {
  return new FirstAttempts({ ...attempts, drained: drainedSignal({ ...attempts, drainMs }), holdMs }, handOvers);
}

export type Activities = ReturnType<typeof createActivities>;
