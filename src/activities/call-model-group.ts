import { CancelledFailure, Context } from '@temporalio/activity';
import type { LoadedConfig } from '../config/index.js';
import type { Connection } from '../config/index.js';
import type { CallModelGroupInput, CallModelGroupOutput } from '../core/call-types.js';
import { classify, type Failure } from '../core/classify.js';
import { attemptLimit, type AttemptLimit } from '../core/deadline.js';
import { decide } from '../core/decide.js';
import type { FailureCause, FailureFacts } from '../core/failure-facts.js';
import { pickDeployment } from '../core/pick-deployment.js';
import { reconcile, startProgress, type GroupProgress } from '../core/progress.js';
import {
  withAnswer,
  withAttempt,
  withFailure,
  withGiveUp,
  withInterruption,
  withPassedOver,
  withPutOff,
} from '../core/progress-steps.js';
import type { DeploymentPlan } from '../core/settings.js';
import type { CallProvider, ProviderAnswer, ProviderFailure } from '../providers/call-provider.js';
import { startHeartbeats } from './heartbeat.js';
import { attemptsLost, groupGaveUp, handedOver, retryLater, toFailure } from './to-failure.js';

export interface CallModelGroupDeps {
  readonly config: LoadedConfig;
  readonly callProvider: CallProvider;
  /** Fires when a stopping worker gives up the calls in flight. */
  readonly drained: AbortSignal;
}

/**
 * Makes the activity that brings one model group to an end. Each attempt of the activity is one attempt at a
 * deployment; Temporal retries it, and what happened so far travels in the heartbeat details.
 */
export function createCallModelGroup(deps: CallModelGroupDeps) {
  return async function callModelGroup(input: CallModelGroupInput): Promise<CallModelGroupOutput> {
    const attempt = new GroupAttempt(deps, input, Context.current());
    const target = attempt.prepare();
    const outcome = await attempt.ask(target);
    if (outcome.facts === null) return attempt.answered(outcome);
    throw attempt.failed(outcome.facts, target);
  };
}

const NOTHING_COOLS: ReadonlySet<string> = new Set();

/** An attempt that comes earlier than this before its time is early by mistake, not by a clock that differs. */
const CLOCK_SKEW_MS = 2000;

/** Whom an attempt asks, and how long it may take. */
interface Target {
  deployment: DeploymentPlan;
  connection: Connection;
  limit: AttemptLimit;
}

class GroupAttempt {
  private readonly deps: CallModelGroupDeps;
  private readonly input: CallModelGroupInput;
  private readonly context: Context;
  private progress: GroupProgress;

  constructor(deps: CallModelGroupDeps, input: CallModelGroupInput, context: Context) {
    this.deps = deps;
    this.input = input;
    this.context = context;
    const known = context.info.heartbeatDetails as GroupProgress | undefined;
    this.progress = reconcile(known ?? startProgress(input.plan.group), context.info.attempt, Date.now());
  }

  /** Finds whom to ask; throws where the group has to give up without an attempt. */
  prepare(): Target {
    const { plan, deadlineMs } = this.input;
    this.deliverDecision();
    if (this.progress.lost > plan.maxLostAttempts) throw this.giveUp(attemptsLost(plan));
    const picked = this.pick();
    if (picked === null) {
      const message = `this worker knows none of the deployments of ${plan.group} that the call was planned with`;
      throw this.giveUp(judgeCause({ type: 'unknown deployment', message }));
    }
    const limit = attemptLimit(picked.deployment.timeoutMs ?? plan.timeoutMs, deadlineMs, Date.now());
    if (limit.limitMs === 0) throw this.giveUp(judgeCause({ type: 'timeout', ...limit }));
    return { ...picked, limit };
  }

  async ask({ deployment, connection, limit }: Target): Promise<ProviderAnswer | ProviderFailure> {
    this.progress = withAttempt(this.progress, deployment, Date.now());
    const interrupt = AbortSignal.any([this.context.cancellationSignal, this.deps.drained]);
    const stopHeartbeats = startHeartbeats(this.context, () => this.progress);
    try {
      return await this.deps.callProvider({
        operation: this.input.operation,
        connection,
        model: deployment.model,
        body: this.input.body,
        limit,
        blockedAnswerFails: this.input.walk.blockedAnswerFails,
        interrupt,
      });
    } catch (error) {
      throw interrupt.aborted ? this.interrupted() : error;
    } finally {
      stopHeartbeats();
    }
  }

  answered(answer: ProviderAnswer): CallModelGroupOutput {
    return { response: answer.response, progress: withAnswer(this.progress, answer, Date.now()) };
  }

  /** The failure that Temporal is told: wait and try again, or the group gave up. */
  failed(facts: FailureFacts, { deployment }: Target): Error {
    const { plan, walk, deadlineMs, retriesLeftAtStart } = this.input;
    const nowMs = Date.now();
    const failure = classify(facts, nowMs);
    const decided = decide({
      failure,
      deployment,
      plan,
      progress: this.progress,
      cooling: NOTHING_COOLS,
      walk,
      deadlineMs,
      retriesLeftInCall: retriesLeftAtStart === null ? null : retriesLeftAtStart - this.progress.retries,
      nowMs,
      random: Math.random,
    });
    this.keep(withFailure(this.progress, failure, decided, nowMs));
    return toFailure(failure, decided.decision, this.progress);
  }

  /** A worker that was lost between deciding and telling Temporal leaves the decision to its successor. */
  private deliverDecision(): void {
    const { decided } = this.progress;
    if (decided === null) return;
    if (decided.action === 'give up') throw groupGaveUp(decided.failure, this.progress);
    const leftMs = decided.untilMs - Date.now();
    if (leftMs <= CLOCK_SKEW_MS) return;
    this.keep(withPutOff(this.progress));
    throw retryLater(decided.failure, leftMs, this.progress.now);
  }

  /** The deployment to ask, of those that this worker knows; the others are passed over as if they had failed. */
  private pick(): Pick<Target, 'deployment' | 'connection'> | null {
    const { connections } = this.deps.config;
    const { deployments } = this.input.plan;
    for (const { id } of deployments) {
      if (connections[id] !== undefined || this.progress.failedDeployments.includes(id)) continue;
      this.progress = withPassedOver(this.progress, id, 'this worker does not know it', Date.now());
    }
    const known = deployments.filter(({ id }) => connections[id] !== undefined);
    const { failedDeployments: failed, standby } = this.progress;
    const deployment =
      known.find(({ id }) => id === standby) ??
      pickDeployment({ deployments: known, failed, cooling: NOTHING_COOLS, random: Math.random });
    const connection = deployment === null ? undefined : connections[deployment.id];
    return deployment === null || connection === undefined ? null : { deployment, connection };
  }

  /** The attempt was stopped from outside: nothing of it is the provider's fault, and nothing is charged. */
  private interrupted(): unknown {
    const { cancellationSignal, cancellationDetails } = this.context;
    if (this.deps.drained.aborted || cancellationDetails?.workerShutdown === true) {
      this.keep(withInterruption(this.progress, 'the worker was shut down', Date.now()));
      return handedOver();
    }
    if (cancellationDetails?.paused === true) {
      this.keep(withInterruption(this.progress, 'paused by an operator', Date.now()));
      return cancellationSignal.reason;
    }
    if (cancellationDetails?.cancelRequested === true) {
      this.progress = withInterruption(this.progress, 'cancelled', Date.now());
      return new CancelledFailure('the call was cancelled', [this.progress]);
    }
    return cancellationSignal.reason;
  }

  private giveUp(failure: Failure): Error {
    this.keep(withGiveUp(this.progress, failure, Date.now()));
    return groupGaveUp(failure, this.progress);
  }

  /** The last heartbeat before a failure reaches the server together with it. */
  private keep(progress: GroupProgress): void {
    this.progress = progress;
    this.context.heartbeat(progress);
  }
}

function judgeCause(cause: FailureCause): Failure {
  return classify({ cause, phase: 'connecting', headers: {} }, Date.now());
}
