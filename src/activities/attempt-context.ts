import type { Context } from '@temporalio/activity';
import type { Clock, Random } from '../clock.js';
import type { CallbackRunner } from '../callbacks/callback-runner.js';
import type { LoadedConfig } from '../config/index.js';
import type { CallModelGroupInput } from '../core/call/call-types.js';
import type { RowCaller } from '../core/call/row-source.js';
import type { AttemptLimit } from '../core/retries/deadline.js';
import type { CallProvider } from '../providers/call-provider.js';
import type { Cooldowns } from '../providers/cooldowns.js';
import type { Limiter } from '../providers/limiter.js';
import type { Slots } from '../providers/slots.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import type { KnownDeployment } from './known-deployments.js';
import type { RunningAttempts } from './running-attempts.js';

/** What attempts share in a worker. */
export interface GroupAttemptDeps {
  readonly config: LoadedConfig;
  readonly callProvider: CallProvider;
  readonly cooldowns: Cooldowns;
  readonly slots: Slots;
  /** What each caller may ask by the rows of all its batches. */
  readonly callers: Limiter;
  readonly callbacks: Pick<CallbackRunner, 'notify'>;
  readonly streams: Pick<StreamTransport, 'writer'>;
  /** Those of this process. */
  readonly running: Pick<RunningAttempts, 'begin'>;
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
  /** The largest answer that can be kept, in bytes of JSON. @default what goes through Temporal */
  readonly maxAnswerBytes?: number | undefined;
}

/** Whom an attempt asks, and how long it may take. */
export interface Target extends KnownDeployment {
  limit: AttemptLimit;
  release: () => void;
}

/** As much of an activity's context as an attempt needs: first attempts of a batch share one activity. */
export interface AttemptContext extends Pick<Context, 'heartbeat' | 'cancellationSignal' | 'cancellationDetails'> {
  readonly info: Pick<
    Context['info'],
    'attempt' | 'heartbeatDetails' | 'heartbeatTimeoutMs' | 'priority' | 'retryPolicy' | 'workflowExecution'
  >;
}
