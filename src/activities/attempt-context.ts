import type { Context } from '@temporalio/activity';
import type { Clock, Random } from '../clock.js';
import type { CallbackRunner } from '../callbacks/callback-runner.js';
import type { LoadedConfig } from '../config/index.js';
import type { CallModelGroupInput } from '../core/call/call-types.js';
import type { RowState } from '../batch/index.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import type { PlaceInLine } from '../core/deployments/place-in-line.js';
import type { RowCaller } from '../core/call/row-source.js';
import type { AttemptLimit } from '../core/retries/deadline.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { RowMemory, RowShare } from '../providers/row-memory.js';
import type { CallProvider } from '../providers/call-provider.js';
import type { Cooldowns } from '../providers/cooldowns.js';
import type { Limiter, Slot } from '../providers/limiter.js';
import type { RecentLog } from '../providers/recent-log.js';
import type { SharedBoard } from '../providers/shared-board.js';
import type { Slots } from '../providers/slots.js';
import type { KeepPayload } from '../temporal/keep-payload.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import type { KnownDeployment } from './known-deployments.js';
import type { CallOfEvent } from './call-events.js';
import type { RunningAttempts } from './running-attempts.js';
import type { Traces } from '../traces/traces.js';

/** Why an attempt is not made now: the error kind of the one before, or what is lacking. */
type WaitReason = ErrorKind | 'limit' | 'cooldown' | 'hold' | 'deployment';

/** Temporal makes the attempt again later. */
export interface Wait {
  readonly waitMs: number;
  /** What for, in words. */
  readonly what: string;
  readonly reason: WaitReason;
  /** The place in a line that the attempt keeps. @default the one that it has */
  readonly place?: PlaceInLine | undefined;
}

/** Sees what the attempts of a worker go through. Never waits, and never throws. */
export interface AttemptObserver {
  /** An attempt asks a deployment. Returns what is called when it has ended. */
  began(call: CallOfEvent, deployment: DeploymentPlan): () => void;
  /** The call waits for its next attempt. */
  waits(call: CallOfEvent, progress: GroupProgress, wait: { reason: WaitReason; untilMs: number }): void;
  /** So many attempts of a group, or none, turned out to be lost with their worker. */
  lost(group: string, attempts: number): void;
  /** It was written down that a row of a batch stands so; one that was attempted goes on as a call of its own. */
  row(state: RowState): void;
}

/** What attempts share in a worker. */
export interface GroupAttemptDeps {
  readonly config: LoadedConfig;
  /** Whether what calls are given may be encrypted, or lie in external storage. @default false */
  readonly mayBeUnread?: boolean | undefined;
  /** The largest answer that can be kept, in bytes of JSON. @default what goes through Temporal */
  readonly maxPayloadBytes?: number | undefined;
  /** Stores large answers. @default they go through Temporal */
  readonly keepPayload?: KeepPayload | undefined;
  readonly callProvider: CallProvider;
  /** What large rows share. */
  readonly rowMemory: Pick<RowMemory, 'open'>;
  readonly cooldowns: Cooldowns;
  /** What all workers know of deployments. */
  readonly board: Pick<SharedBoard, 'word' | 'holdOf'>;
  readonly recent: Pick<RecentLog, 'ended'>;
  readonly slots: Slots;
  /** What each caller may ask by the rows of all its batches. */
  readonly callers: Limiter;
  readonly callbacks: Pick<CallbackRunner, 'notify'>;
  readonly streams: Pick<StreamTransport, 'writer'>;
  /** Those of this process. */
  readonly running: Pick<RunningAttempts, 'begin'>;
  readonly observer: AttemptObserver;
  /** @default attempts are not traced */
  readonly traces?: Pick<Traces, 'attempt'> | undefined;
  /** Fires when a stopping worker gives up the calls in flight. */
  readonly drained: AbortSignal;
  readonly clock: Clock;
  /** Picks one of several deployments. */
  readonly random: Random;
  /** Where in its range a wait falls. */
  readonly jitter: Random;
}

/** What a group is asked for, its body at hand. */
export interface GroupWork extends Omit<CallModelGroupInput, 'body' | 'row'> {
  readonly body: Readonly<Record<string, unknown>>;
  /** Who started the batch that a row is of, where that matters. */
  readonly caller?: RowCaller | undefined;
  /** The largest answer that can be kept, in bytes of JSON. @default what can be kept of a call */
  readonly maxAnswerBytes?: number | undefined;
  /** What the answer takes of the memory that large ones share. @default it cannot be large */
  readonly memory?: RowShare | undefined;
}

/** Whom an attempt asks, and how long it may take. */
export interface Target extends KnownDeployment {
  limit: AttemptLimit;
  release: Slot['release'];
}

/** As much of an activity's context as an attempt needs: first attempts of a batch share one activity. */
export interface AttemptContext extends Pick<Context, 'heartbeat' | 'cancellationSignal' | 'cancellationDetails'> {
  readonly info: Pick<
    Context['info'],
    'attempt' | 'heartbeatDetails' | 'heartbeatTimeoutMs' | 'priority' | 'retryPolicy' | 'workflowExecution'
  > &
    Partial<Pick<Context['info'], 'scheduledTimestampMs'>>;
}
