import { ActivityFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { CancellationScope, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { CallPlan } from '../../core/plan/call-plan.js';
import type {
  CallHistory,
  CallModelGroupInput,
  CallModelGroupOutput,
  CallResult,
  CameFrom,
  GroupFailure,
} from '../../core/call/call-types.js';
import type { Failure } from '../../core/errors/classify.js';
import { redactedMessage } from '../../core/common/redact.js';
import { ownFailure } from '../../core/errors/own-failure.js';
import { callDeadline } from '../../core/retries/deadline.js';
import { endedGroup, type EndedGroup } from '../../core/call/ended-group.js';
import { groupOf, nextGroup, requestedModel, startWalk, type WalkState } from '../../core/fallbacks/fallback-walk.js';
import { activityOptions, groupSummary } from '../../core/call/activity-options.js';
import { startGroup } from '../../core/call/group-start.js';
import { NO_HISTORY, reportOf, startHistory, withGroup, withUnknownGroups } from '../../core/call/report.js';
import type { FallbackEntry } from '../../core/plan/settings.js';
import { callFailed } from './call-failed.js';
import { workOf, type CallSource } from './call-source.js';
import { cancelledProgress, groupEndOf, groupResultOf } from './group-end.js';
import { watchProgressAtCancel } from './progress-at-cancel.js';
import { publishFacts, showLedger } from '../visibility.js';

const CANCELLED = 'the call was cancelled';

/** The failure that ends a call. */
type LastFailure = Pick<Failure, 'kind' | 'status' | 'message'> &
  Partial<Pick<Failure, 'code' | 'param' | 'retryAfterMs'>>;

/** A call under its plan: one group after the other. */
export class CallRun {
  private readonly source: CallSource;
  private readonly plan: CallPlan;
  private readonly deadlineMs: number | null;
  private walk: WalkState;
  private groupDeadlineMs: number | null = null;
  private move: Pick<CallModelGroupInput, 'cameFrom'> = {};
  private history: CallHistory = NO_HISTORY;
  private readonly progressAtCancel = watchProgressAtCancel();

  constructor(source: CallSource, plan: CallPlan, startedMs: number) {
    this.source = source;
    this.plan = plan;
    this.deadlineMs = callDeadline(plan, startedMs);
    this.walk = startWalk(plan);
  }

  /**
   * Runs the call to its end. What goes wrong here would go wrong for ever: the call ends with it.
   * @param answer - of the first attempt, where it was made with the plan. @default its first group is asked
   */
  async run(answer: CallModelGroupOutput | null = null): Promise<CallResult> {
    try {
      return await this.runGroups(answer);
    } catch (error) {
      if (error instanceof TemporalFailure) throw error;
      const message = redactedMessage(`the workflow of the call cannot go on: ${String(error)}`);
      throw this.failed(ownFailure('InternalServerError', message));
    }
  }

  private async runGroups(answer: CallModelGroupOutput | null): Promise<CallResult> {
    let entry = this.plan.first;
    this.history = startHistory(this.plan, Date.now());
    // The list shows the name that the caller used until the call is known to be elsewhere.
    const group = groupOf(this.plan, entry);
    if (!this.source.isGroupListed && group !== requestedModel(this.plan)) publishFacts({ group });
    if (answer !== null) {
      this.groupEnded(answer.ended);
      return this.answered(answer);
    }
    for (;;) {
      const end = await this.runGroup(entry);
      if ('response' in end) return this.answered(end);
      entry = this.next(end.failure);
    }
  }

  /** Runs one group to its end. */
  private async runGroup(entry: FallbackEntry): Promise<CallModelGroupOutput | GroupFailure> {
    if (CancellationScope.current().consideredCancelled) throw this.cancelled(new CancelledFailure(CANCELLED));
    const nowMs = Date.now();
    const start = startGroup(this.plan, this.walk, entry, { callDeadlineMs: this.deadlineMs, nowMs });
    const { plan, deadlineMs } = start;
    const { group } = plan;
    this.groupDeadlineMs = deadlineMs;
    const summary = groupSummary(group, this.source.line);
    const options = activityOptions(plan, { deadlineMs, nowMs, summary, isRow: 'row' in this.source });
    const way = { entry, before: this.history, fallbacks: this.walk.fallbacks, configHash: this.plan.configHash };
    const input = { ...start, ...workOf(this.source, way), ...this.move, retriesLeftAtStart: this.retriesLeft() };
    const { callModelGroup } = proxyActivities<Activities>(options);
    try {
      const end = groupResultOf(await callModelGroup(input), group, Date.now());
      this.groupEnded(end.ended);
      // An answer that crossed a cancellation on its way does not undo it.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(CANCELLED);
      return end;
    } catch (error) {
      if (isCancellation(error)) throw this.cancelled(error);
      if (failedWhenCancelled(error)) throw this.cancelled(new CancelledFailure(CANCELLED));
      const end = groupEndOf(error, group, Date.now());
      if (end === null) throw error;
      this.groupEnded(end.ended);
      return end;
    }
  }

  private retriesLeft(): number | null {
    const { numRetriesPerRequest } = this.plan;
    return numRetriesPerRequest === undefined ? null : numRetriesPerRequest - this.history.retries;
  }

  private groupEnded(ended: EndedGroup): void {
    this.history = withGroup(this.history, ended);
    showLedger(this.history);
  }

  private answered({ response, ended }: CallModelGroupOutput): CallResult {
    const report = reportOf(this.plan, this.history, this.walk.fallbacks);
    // One event less for the call that succeeds at once.
    if (report.attempts > 1 || report.fallbacks > 0) {
      publishFacts({ ...this.counts(), servedGroup: ended.group, outcome: 'answered' });
    }
    return { response, report };
  }

  /** The group to go on with after one gave up; throws when the call is over. */
  private next(failure: Failure): FallbackEntry {
    if (this.isTotalReached(failure)) throw this.failed(this.totalReached(failure));
    if (failure.contentDelivered) throw this.failed(failure);
    const step = nextGroup(this.plan, this.walk, failure.kind);
    this.history = withUnknownGroups(this.history, step.unknown, Date.now());
    if (step.entry === null) throw this.failed(failure);
    this.move = { cameFrom: { group: this.group(), failure: reasonOf(failure), fallback: step.state.fallbacks } };
    this.walk = step.state;
    publishFacts({ ...this.counts(), group: groupOf(this.plan, step.entry), errorKind: failure.kind });
    return step.entry;
  }

  /** The group that is asked, or gave up last. */
  private group(): string {
    return this.walk.tried.at(-1) ?? groupOf(this.plan, this.plan.first);
  }

  private isTotalReached({ deadlineReached }: Failure): boolean {
    if (this.deadlineMs === null) return false;
    // The worker's clock may be ahead of the server's: its word counts where the group had all the time there was.
    return Date.now() >= this.deadlineMs || (deadlineReached && this.groupDeadlineMs === this.deadlineMs);
  }

  private totalReached({ kind, message }: Failure): LastFailure {
    const timeout = `the timeout of the call, ${(this.plan.timeoutMs ?? 0) / 1000} s for all attempts and fallbacks, was reached`;
    return { kind: 'Timeout', status: 408, message: `${timeout}; the last error was ${kind}: ${message}` };
  }

  private failed({ kind, status, message, code, param, retryAfterMs = null }: LastFailure): Error {
    publishFacts({ ...this.counts(), outcome: 'failed', errorKind: kind });
    const wait = retryAfterMs === null ? {} : { retryAfterMs };
    const report = reportOf(this.plan, this.history, this.walk.fallbacks);
    return callFailed({ kind, status, message, code, param, ...wait, report });
  }

  private cancelled(error: unknown): unknown {
    const progress = cancelledProgress(error) ?? this.progressAtCancel();
    // It may have come to its end meanwhile.
    if (progress !== null && progress.group !== this.history.last?.group) this.groupEnded(endedGroup(progress));
    publishFacts({ ...this.counts(), outcome: 'cancelled' });
    return error;
  }

  private counts(): { attempts: number; fallbacks: number } {
    return { attempts: this.history.attempts, fallbacks: this.walk.fallbacks };
  }
}

/** The attempt failed before it heard of the cancellation, and Temporal begins no other. */
function failedWhenCancelled(error: unknown): boolean {
  const isSo = error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED';
  return isSo && patched('failed-when-cancelled');
}

/** As much of a failure as the next group is told. */
function reasonOf({ kind, status, message, requestId }: Failure): CameFrom['failure'] {
  return { kind, status, message, requestId };
}
