import { once } from 'node:events';
import type { CallModelGroupOutput } from '../core/call/call-types.js';
import { classify, type Failure } from '../core/errors/classify.js';
import { attemptLimit, endedByCaller, streamLimits } from '../core/retries/deadline.js';
import { decide } from '../core/retries/decide.js';
import { isErrorKind } from '../core/errors/error-kinds.js';
import { endedGroup } from '../core/call/ended-group.js';
import type { FailureFacts, Tokens } from '../core/errors/failure-facts.js';
import { redact, redactedMessage } from '../core/common/redact.js';
import { putBackMs } from '../core/deployments/unknown-deployments.js';
import type { Cooling } from '../core/deployments/pick-deployment.js';
import { isProgress, reconcile, retriesMade, startProgress, type GroupProgress } from '../core/retries/progress.js';
import {
  nextStep,
  withAnswer,
  withAttempt,
  withFailure,
  withGiveUp,
  withInterruption,
  withPassedOver,
  withProviderHeaders,
  takenOver,
  withHold,
  withStandIns,
  withUnknownDeployments,
  withDeferral,
} from '../core/retries/progress-steps.js';
import type { GroupPlan } from '../core/plan/call-plan.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { InterruptedError, type ProviderAnswer, type ProviderFailure } from '../providers/call-provider.js';
import { urlOf } from '../providers/apis.js';
import { callOfContext, failureEvent, fallbackEvent, madeAttempt, successEvent } from './call-events.js';
import type { CallOfEvent } from './call-events.js';
import type { AttemptContext, GroupAttemptDeps, GroupWork, Target, Wait } from './attempt-context.js';
import { AttemptTrace } from './attempt-trace.js';
import { startHeartbeats } from './heartbeat.js';
import {
  knownDeployments,
  standInsFor,
  whyUnasked,
  unknownDeployments,
  type KnownDeployment,
  type KnownDeployments,
} from './known-deployments.js';
import { interruptionOf, stopOfAttempt } from './interruption.js';
import type { Lease } from './lease.js';
import { linkSignals } from './linked-signal.js';
import { openStream } from './open-stream.js';
import { hearOf, takeTurn } from './take-turn.js';
import { tokensOfError, tokensUsed } from './tokens-used.js';
import { awayNow, pickOf, whomToAsk } from './whom-to-ask.js';
import { attemptsLost, groupGaveUp, toFailure, waitsFor, timedOut, unknownDeployment } from './to-failure.js';

/** The deployment of an attempt. */
interface Picked extends KnownDeployment {
  /** When it returns, ms since the epoch; null: not all are away. */
  readonly returnMs: number | null;
}

/** An attempt that comes earlier than this before its time is early by mistake, not by a clock that differs. */
const CLOCK_SKEW_MS = 2000;

/** One attempt of the activity: from what its predecessors left to what its successor needs. */
export class GroupAttempt {
  private readonly deps: GroupAttemptDeps;
  private readonly input: GroupWork;
  private readonly context: AttemptContext;
  private readonly lease: Pick<Lease, 'held'>;
  /** Its deployments are those of this worker where these stand in. */
  private plan: GroupPlan;
  private progress: GroupProgress;
  /** When the provider was asked. */
  private startedMs = 0;
  private readonly trace: AttemptTrace;

  constructor(deps: GroupAttemptDeps, input: GroupWork, context: AttemptContext, lease: Pick<Lease, 'held'>) {
    this.deps = deps;
    this.input = input;
    this.context = context;
    this.lease = lease;
    this.plan = input.plan;
    const { attempt, heartbeatDetails: known } = context.info;
    const nowMs = this.deps.clock.now();
    const first = input.first ?? startProgress(input.plan.group);
    const progress = isProgress(known) ? known : attempt === 1 ? takenOver(first, nowMs) : first;
    this.progress = reconcile(progress, attempt, nowMs);
    this.trace = new AttemptTrace(deps.traces, progress, context.info.scheduledTimestampMs ?? nowMs);
    deps.observer.lost(input.plan.group, this.progress.lost - progress.lost);
    this.trace.ended(this.call, this.progress);
  }

  private get call(): CallOfEvent {
    return callOfContext(this.context.info, this.input);
  }

  /** What the group has been through so far. */
  get soFar(): GroupProgress {
    return this.progress;
  }

  /** Finds whom to ask; throws where no attempt can be made, or not now. */
  async prepare(): Promise<Target> {
    const { plan, deadlineMs } = this.input;
    this.tellOfFallback();
    // Before anything else: what was decided may be what workers are lost with.
    if (this.progress.lost > plan.maxLostAttempts) throw this.giveUp(attemptsLost(plan), 'max_lost_attempts');
    this.deliverDecision();
    const known = this.knownDeployments() ?? this.standIns();
    const hearing = hearOf(this.deps, this.input, known, this.context);
    if (hearing !== null) await hearing;
    const { deployment, connection, returnMs } = this.pick(known);
    const limitNow = () => attemptLimit(deployment.timeoutMs ?? plan.timeoutMs, deadlineMs, this.deps.clock.now());
    const before = limitNow();
    if (before.limitMs === 0) throw this.giveUp(timedOut(before, this.deps.clock.now()), 'the deadline was reached');
    const wanted = { deployment, returnMs, lease: this.lease };
    const turn = await takeTurn(this.deps, this.input, wanted, this.progress, this.context);
    if (turn === 'stopped') throw this.interrupted(null, this.deps.clock.now());
    if ('wait' in turn) throw this.defer(turn.wait, turn.failure);
    // What it stood in line for is none of its time.
    return { deployment, connection, limit: limitNow(), release: turn.release };
  }

  async ask({ deployment, connection, limit, release }: Target): Promise<ProviderAnswer | ProviderFailure> {
    this.startedMs = this.deps.clock.now();
    this.trace.began(this.progress, this.startedMs);
    const { operation, body, headers, maxAnswerBytes = this.deps.maxPayloadBytes, memory, walk } = this.input;
    const { model } = deployment;
    const asked = { operation, connection, model, body, headers, limit, maxAnswerBytes, memory };
    const url = redact(urlOf(connection, operation, model), this.deps.config.secrets);
    this.progress = withAttempt(this.progress, deployment, this.startedMs, { provider: connection.provider, url });
    const running = this.deps.running.begin(this.call.callId);
    const observed = this.deps.observer.began(this.call, deployment);
    const stop = stopOfAttempt(this.context, this.deps.drained);
    const { signal: interrupt, unlink } = linkSignals(stop.signal, running.signal);
    const stopHeartbeats = startHeartbeats(this.deps.clock, this.context, () => this.progress);
    const stream = openStream(this.deps.streams, this.input, this.context.info, this.progress);
    let used: number | null = null;
    try {
      const outcome = await this.deps.callProvider({
        ...asked,
        streamLimits: streamLimits(this.input.plan, deployment),
        blockedAnswerFails: walk.blockedAnswerFails,
        validateSchema: this.plan.validateSchema,
        passOn: stream === null ? undefined : (events, last, headers) => stream.write(events, last, headers),
        withdraw: async () => this.input.stream?.restart === true || (stream !== null && (await stream.withdraw())),
        interrupt,
      });
      used = tokensUsed(outcome);
      return outcome;
    } catch (error) {
      used = tokensOfError(error);
      if (!interrupt.aborted) throw error;
      const endedMs = this.deps.clock.now();
      // Temporal takes no word of a cancellation that it has not told of itself; heartbeats go on until it does.
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
      this.deps.cooldowns.interrupted(deployment);
      throw this.interrupted(error instanceof InterruptedError ? error.tokens : null, endedMs);
    } finally {
      unlink();
      stop.unlink();
      running.end();
      observed();
      release(used);
      await stream?.close();
      stopHeartbeats();
    }
  }

  answered(answer: ProviderAnswer, { deployment }: Target): CallModelGroupOutput {
    const nowMs = this.deps.clock.now();
    this.deps.cooldowns.answered(deployment);
    this.deps.recent.ended(deployment.id, {
      durationMs: nowMs - this.startedMs,
      tokens: answer.tokens?.total ?? 0,
      error: null,
    });
    const made = madeAttempt(this.progress, deployment, this.startedMs, nowMs);
    this.deps.callbacks.notify(successEvent(this.call, made, answer));
    this.progress = withProviderHeaders(withAnswer(this.progress, answer, nowMs), answer.providerHeaders);
    this.trace.ended(this.call, this.progress);
    return { response: answer.response, ended: endedGroup(this.progress) };
  }

  /** The failure that Temporal is told: wait and try again, or the group gave up. */
  failed(facts: FailureFacts, { deployment }: Target): Error {
    const { plan, input } = this;
    const { walk, deadlineMs, retriesLeftAtStart } = input;
    const nowMs = this.deps.clock.now();
    const failure = classify(facts, nowMs);
    if (endedByCaller(facts.cause, plan, deployment)) this.deps.cooldowns.interrupted(deployment);
    else this.deps.cooldowns.failed(deployment, plan.deployments.length === 1, failure);
    const { kind, status, message, tokens } = failure;
    this.deps.recent.ended(deployment.id, {
      durationMs: nowMs - this.startedMs,
      tokens: tokens?.total ?? 0,
      error: { kind, status, message },
    });
    const decided = decide({
      failure,
      deployment,
      plan,
      progress: this.progress,
      cooling: this.away(plan.deployments),
      walk,
      deadlineMs,
      retriesLeftInCall: retriesLeftAtStart === null ? null : retriesLeftAtStart - retriesMade(this.progress),
      nowMs,
      random: this.deps.jitter,
    });
    const next = nextStep(decided.decision, nowMs);
    const made = madeAttempt(this.progress, deployment, this.startedMs, nowMs);
    this.deps.callbacks.notify(failureEvent(this.call, made, failure, next));
    this.keep(withProviderHeaders(withFailure(this.progress, failure, decided, nowMs), facts.providerHeaders));
    this.trace.ended(this.call, this.progress);
    if (decided.decision.action !== 'give up' && this.isLast) return this.giveUpAsLast(failure);
    if (decided.decision.action === 'retry') {
      const untilMs = nowMs + decided.decision.waitMs;
      this.deps.observer.waits(this.call, this.progress, { reason: failure.kind, untilMs });
    }
    return toFailure(failure, decided.decision, this.progress);
  }

  /** Once for the group: an attempt that comes back finds a number or a ledger that tells it so. */
  private tellOfFallback(): void {
    const { cameFrom } = this.input;
    const { attempt, heartbeatDetails } = this.context.info;
    if (cameFrom === undefined || attempt > 1 || isProgress(heartbeatDetails)) return;
    this.deps.callbacks.notify(fallbackEvent(this.call, cameFrom, this.deps.clock.now()));
  }

  /** A worker that was lost between deciding and telling Temporal leaves the decision to its successor. */
  private deliverDecision(): void {
    const { decided } = this.progress;
    if (decided === null) return;
    if (decided.action === 'give up') throw groupGaveUp(decided.failure, this.progress);
    const leftMs = decided.untilMs - this.deps.clock.now();
    // Temporal has waited already, unless the decision was made elsewhere.
    const tolerance = this.context.info.heartbeatDetails === undefined ? 0 : CLOCK_SKEW_MS;
    const { kind } = decided.failure;
    const wait: Wait = { waitMs: leftMs, what: `the retry after ${kind}`, reason: kind };
    if (leftMs > tolerance) throw this.defer(wait, decided.failure);
  }

  /**
   * The deployments of the plan that this worker knows; the others are passed over as if they had failed. Null when it
   * knows none of them.
   */
  private knownDeployments(): KnownDeployments | null {
    const { config } = this.deps;
    const { plan, operation } = this.input;
    const known = knownDeployments(config, plan.deployments, operation);
    if (known === null) return null;
    for (const [id, why] of unknownDeployments(config, plan.deployments, { known, operation })) {
      if (this.progress.failedDeployments.includes(id)) continue;
      this.progress = withPassedOver(this.progress, id, why, this.deps.clock.now());
    }
    return known;
  }

  /**
   * The deployments of this worker's config that stand in for those of a plan it knows nothing of, as after a deploy. Throws
   * as long as another worker may know them, and where there are none.
   */
  private standIns(): KnownDeployments {
    const { plan, deadlineMs, operation } = this.input;
    const { config } = this.deps;
    const nowMs = this.deps.clock.now();
    const { message, isForAll } = whyUnasked(config, plan, operation);
    const failure = unknownDeployment(message, nowMs);
    if (isForAll) throw this.giveUp(failure, 'no deployment is left');
    this.progress = withUnknownDeployments(this.progress, nowMs);
    const waitMs = putBackMs(this.progress.unknownSinceMs ?? nowMs, deadlineMs, nowMs);
    const what = `a worker that knows a deployment of ${plan.group}`;
    if (waitMs !== null) throw this.defer({ waitMs, what, reason: 'deployment' }, failure);
    const known = standInsFor(config, plan, operation, (own) => pickOf(this.deps, own, this.progress, this.away(own)));
    if (known === null) throw this.giveUp(failure, 'no deployment is left, and this worker has no such group');
    this.progress = withStandIns(this.progress, nowMs);
    this.plan = { ...plan, deployments: known.map(({ deployment }) => deployment) };
    return known;
  }

  /** Whom to ask; throws where that is nobody, or not now. */
  private pick(known: KnownDeployments): Picked {
    const { walk, plan } = this.input;
    const deployments = known.map(({ deployment }) => deployment);
    const nowMs = this.deps.clock.now();
    const of = { group: plan.group, deployments, walk, progress: this.progress };
    const choice = whomToAsk(this.deps, of, nowMs);
    if (choice.type !== 'ask' && choice.hold !== undefined) {
      this.progress = withHold(this.progress, choice.hold, nowMs);
    }
    switch (choice.type) {
      case 'give up':
        throw this.giveUp(choice.failure, choice.reason);
      case 'wait':
        throw this.defer(choice.wait, choice.failure);
      case 'ask':
        return { ...(known.find(({ deployment }) => deployment.id === choice.id) ?? known[0]), ...choice };
    }
  }

  private away(deployments: readonly DeploymentPlan[]): Cooling {
    return awayNow(this.deps, deployments, this.progress, this.deps.clock.now());
  }

  private interrupted(tokens: Tokens | null, endedMs: number): unknown {
    const { why, isKept, failure } = interruptionOf(this.context, this.deps.drained);
    if (why !== null) this.progress = withInterruption(this.progress, why, endedMs, tokens);
    this.trace.ended(this.call, this.progress);
    if (isKept) this.keep(this.progress);
    return failure(this.progress);
  }

  /** Temporal starts the attempt again later, and nothing is charged; a wait that passes the deadline is not begun. */
  private defer({ waitMs, what, reason, place = this.progress.place }: Wait, otherwise: Failure): Error {
    const untilMs = this.deps.clock.now() + waitMs;
    if (untilMs >= (this.input.deadlineMs ?? Infinity)) {
      return this.giveUp(this.progress.decided?.failure ?? otherwise, `the wait for ${what} would pass the deadline`);
    }
    if (this.isLast) return this.giveUpAsLast(this.progress.decided?.failure ?? otherwise);
    const deferred = withDeferral(this.progress, what, untilMs, place);
    this.keep(isErrorKind(reason) ? deferred : { ...deferred, deferredFor: what });
    this.deps.observer.waits(this.call, this.progress, { reason, untilMs });
    return waitsFor(what, waitMs);
  }

  /** Whether Temporal starts no further attempt: the plan has no such limit, but an operator can set one at any time. */
  private get isLast(): boolean {
    const { attempt, retryPolicy } = this.context.info;
    // 0 is without limit.
    return attempt >= (retryPolicy?.maximumAttempts || Infinity);
  }

  private giveUpAsLast(failure: Failure): Error {
    const reason = 'its attempts were limited from outside (temporal activity update-options)';
    const message = redactedMessage(`${this.input.plan.group}: ${reason}; before that: ${failure.message}`);
    return this.giveUp({ ...failure, message }, reason);
  }

  private giveUp(failure: Failure, reason: string): Error {
    this.keep(withGiveUp(this.progress, failure, reason, this.deps.clock.now()));
    return groupGaveUp(failure, this.progress);
  }

  /** The last heartbeat before a failure reaches the server together with it. */
  private keep(progress: GroupProgress): void {
    this.progress = progress;
    this.context.heartbeat(progress);
  }
}
