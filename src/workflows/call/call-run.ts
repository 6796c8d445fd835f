import { CancelledFailure, TemporalFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { CallPlan } from '../../core/plan/call-plan.js';
import type {
  CallHistory,
  CallModelGroupInput,
  CallModelGroupOutput,
  CallResult,
  GroupFailure,
} from '../../core/call/call-types.js';
import type { Failure } from '../../core/errors/classify.js';
import { redactedMessage } from '../../core/common/redact.js';
import { ownFailure } from '../../core/errors/own-failure.js';
import { callDeadline } from '../../core/retries/deadline.js';
import { endedGroup, type EndedGroup } from '../../core/call/ended-group.js';
import { groupOf, nextGroup, requestedModel, startWalk, type WalkState } from '../../core/fallbacks/fallback-walk.js';
import { activityOptions, groupSummary } from '../../core/call/activity-options.js';
import { cameFrom, planOfGroup, startGroup } from '../../core/call/group-start.js';
import { NO_HISTORY, reportOf, startHistory, withGroup, withUnknownGroups } from '../../core/call/report.js';
import { extendedPlan, goesOnUnder } from '../../core/call/extend-plan.js';
import { continuedGroup, failureOf, forNextActivity, givenUp, retriedNow } from '../../core/call/taken-over.js';
import { hasGroup, refusalByPlan, replannedWalk, walkTo, withGroupOf } from '../../core/call/redirect.js';
import { joinLedgers, mergeEntries } from '../../core/ledger/ledger.js';
import type { FallbackApproval, FallbackEntry } from '../../core/plan/settings.js';
import { startProgress, withoutWorker, type GroupProgress } from '../../core/retries/progress.js';
import { approvalFor, walkBackFrom, walkPast } from '../../core/fallbacks/fallback-approval.js';
import { openGate } from '../../core/call/gate.js';
import type { TakingAction } from './call-control.js';
import { callFailed, failedByHand, totalReached, type LastFailure } from './call-failed.js';
import type { CallHost, HostedCall } from './call-host.js';
import { workOf, type CallSource } from './call-source.js';
import { answerOf, cancelledProgress, failedWhenCancelled, groupEndOf, tellsProgress } from './group-end.js';

const CANCELLED = 'the call was cancelled';

type Taken = Extract<ActivityEnd, { readonly taken: TakingAction }>;

/** How a group ended for its call: with an answer, by giving up, or because somebody had the call go on elsewhere. */
type GroupEnd = CallModelGroupOutput | GroupFailure | { readonly next: FallbackEntry };

/** How the activity of a group ended: in one of these ways, or by an action. */
type ActivityEnd =
  CallModelGroupOutput | GroupFailure | { readonly taken: TakingAction; readonly progress: GroupProgress };

/** A call that comes to the gate before a group. */
interface ComeToGate {
  readonly approval: FallbackApproval;
  /** What the group before ended with. */
  readonly failure: Failure;
  /** Its walk up to that group. */
  readonly before: WalkState;
}

/** A call under its plan: one group after the other. */
export class CallRun {
  private readonly source: CallSource;
  private readonly startedMs: number;
  private readonly host: CallHost;
  private plan: CallPlan;
  private walk: WalkState;
  private groupDeadlineMs: number | null = null;
  private move: Pick<CallModelGroupInput, 'cameFrom'> = {};
  private history: CallHistory = NO_HISTORY;
  /** Whether the plan was extended since the running group was given it. */
  private isExtended = false;

  /** @param host - makes what the call runs in */
  constructor(source: CallSource, plan: CallPlan, startedMs: number, host: (call: HostedCall) => CallHost) {
    this.source = source;
    this.plan = plan;
    this.startedMs = startedMs;
    this.walk = startWalk(plan);
    this.host = host({
      told: () => ({
        targets: this.plan.webhooks,
        group: this.group(),
        ...this.counts(),
        isRow: 'row' in source,
      }),
      extend: (input) => {
        this.plan = extendedPlan(this.plan, input);
        this.isExtended = true;
      },
      refusal: (action, input) => refusalByPlan(this.plan, { action, input, isRow: 'row' in source }),
      hasGroup: (group) => hasGroup(this.plan, group),
    });
  }

  /**
   * Runs the call to its end. What goes wrong here would go wrong for ever: the call ends with it.
   * @param answer - of the first attempt, where it was made with the plan. @default its first group is asked
   */
  run(answer: CallModelGroupOutput | null = null): Promise<CallResult> {
    return this.host.toEnd(() => this.runToEnd(answer));
  }

  private async runToEnd(answer: CallModelGroupOutput | null): Promise<CallResult> {
    try {
      return await this.runGroups(answer);
    } catch (error) {
      if (error instanceof TemporalFailure) throw error;
      const message = redactedMessage(`the workflow of the call cannot go on: ${String(error)}`);
      throw this.failed(ownFailure('InternalServerError', message));
    } finally {
      await this.host.settled();
    }
  }

  private async runGroups(answer: CallModelGroupOutput | null): Promise<CallResult> {
    const { first } = this.plan;
    this.history = startHistory(this.plan, Date.now());
    // The list shows the name that the caller used until the call is known to be elsewhere.
    const group = groupOf(this.plan, first);
    const { line } = this.source;
    const isGroupListed = this.source.isPlanned || group === requestedModel(this.plan);
    this.host.list({ group, line, isGroupListed });
    if (answer !== null) {
      this.groupEnded(answer.ended);
      return this.answered(answer);
    }
    let end = await this.runGroup(first, this.source.first);
    for (;;) {
      if ('response' in end) return this.answered(end);
      if ('next' in end) end = await this.runGroup(end.next, null);
      else {
        const before = this.walk;
        const entry = this.next(end.failure);
        const approval = approvalFor(this.plan, entry);
        if (approval === null) end = await this.runGroup(entry, null);
        else end = await this.passGate(entry, { approval, failure: end.failure, before });
      }
    }
  }

  /** Waits at the gate before a group, for a word. Where the call is not let through, the error before it counts on. */
  private async passGate(entry: FallbackEntry, { approval, failure, before }: ComeToGate): Promise<GroupEnd> {
    const group = groupOf(this.plan, entry);
    const gate = openGate(group, { from: this.history.last?.group ?? group, kind: failure.kind }, approval, Date.now());
    this.host.show({ ...this.history, ledger: joinLedgers(this.history.ledger, gate.ledger) });
    const wait = { line: this.source.line, deadlineMs: () => this.deadlineMs };
    const end = await this.host.waitAtGate(gate, wait).catch((error: unknown) => {
      throw isCancellation(error) ? this.cancelled(error, gate) : error;
    });
    const { ledger } = 'taken' in end ? gate : end.ended;
    this.history = {
      ...this.history,
      ledger: joinLedgers(this.history.ledger, mergeEntries(ledger, this.host.takeNotes())),
    };
    this.host.show(this.history);
    const word = 'taken' in end ? end.taken.action : end.word;
    if (word === 'approve') return { next: entry };
    this.move = {};
    const isDenied = word === 'deny' || word === 'skip';
    this.walk = isDenied ? walkPast(group, this.walk, before) : walkBackFrom(this.walk, before);
    this.host.publish({ ...this.counts(), group: this.group() });
    const stays = { failure, ended: this.history.last ?? endedGroup(gate) };
    return 'taken' in end ? this.sentFromGate(end.taken, stays) : stays;
  }

  /** An action other than the word led the call away from a gate. */
  private sentFromGate({ action, input, plan }: TakingAction, stays: GroupFailure): GroupEnd {
    if (action === 'answer') return { response: input.response, ended: stays.ended };
    if (action === 'fail') throw this.failed(failedByHand(input));
    if (action === 'use') return this.movedTo({ group: input.group ?? '' }, plan);
    if (action === 'replan' && plan !== null) {
      this.plan = plan;
      this.walk = replannedWalk(plan, this.walk);
    }
    return stays;
  }

  /** Runs one group to its end: by one activity, and by another one for each action that it goes on after. */
  private async runGroup(entry: FallbackEntry, begun: GroupProgress | null): Promise<GroupEnd> {
    let from = begun;
    for (;;) {
      const end = await this.runActivity(entry, from);
      from = 'taken' in end ? this.goesOnAfter(end) : this.goesOnExtended(entry, end);
      if (from !== null) continue;
      if ('taken' in end) return this.endedBy(end);
      this.groupEnded(end.ended);
      // An answer that crossed a cancellation on its way does not undo it.
      if ('response' in end && CancellationScope.current().consideredCancelled) {
        throw this.cancelled(new CancelledFailure(CANCELLED));
      }
      return end;
    }
  }

  private async runActivity(entry: FallbackEntry, begun: GroupProgress | null): Promise<ActivityEnd> {
    if (CancellationScope.current().consideredCancelled) throw this.cancelled(new CancelledFailure(CANCELLED), begun);
    const nowMs = Date.now();
    const start = startGroup(this.plan, this.walk, entry, { callDeadlineMs: this.deadlineMs, nowMs });
    const { plan, deadlineMs } = start;
    const { group } = plan;
    this.groupDeadlineMs = deadlineMs;
    this.isExtended = false;
    const summary = groupSummary(group, this.source.line);
    const options = activityOptions(plan, { deadlineMs, nowMs, summary, isRow: 'row' in this.source });
    const way = { entry, before: this.history, fallbacks: this.walk.fallbacks, configHash: this.plan.configHash };
    const input = {
      ...start,
      ...workOf(this.source, way, begun),
      ...this.move,
      retriesLeftAtStart: this.retriesLeft(),
      ...(this.host.callId !== undefined && { callId: this.host.callId }),
    };
    // An activity that follows another one of its group tells nobody again of the fallback.
    this.move = {};
    const callModelGroup = this.host.callModelGroup(options);
    const isPatched = (change: string) => this.host.isPatched(change);
    try {
      return answerOf(await this.host.runGroup(group, () => callModelGroup(input)));
    } catch (error) {
      const taken = this.host.takeAction();
      const isTold = tellsProgress(error) || (taken?.progress ?? this.host.toldAtCancel()) !== null;
      const given = !isTold && this.mayBeGiven(begun) ? await this.host.givenProgress() : begun;
      const before = withoutWorker(given ?? startProgress(group), Date.now());
      const wasCancelled = isCancellation(error) || failedWhenCancelled(error, taken !== null, isPatched);
      if (wasCancelled && CancellationScope.current().consideredCancelled) {
        throw this.cancelled(isCancellation(error) ? error : new CancelledFailure(CANCELLED), given && before);
      }
      if (wasCancelled && taken !== null) {
        return { taken, progress: cancelledProgress(error) ?? taken.progress ?? before };
      }
      const end = groupEndOf(error, { before, deadlineMs }, Date.now(), isPatched);
      if (end === null) throw error;
      return end;
    }
  }

  /** Whether the activity may have been given more than the workflow knows: by the process that had the first workflow task. */
  private mayBeGiven(begun: GroupProgress | null): boolean {
    const isFirst = begun === null && this.history.last === null;
    return isFirst && this.source.isPlanned && this.host.isPatched('reads-given-progress');
  }

  /** What the group goes on with after an action; null: it does not. */
  private goesOnAfter({ taken, progress }: Taken): GroupProgress | null {
    const nowMs = Date.now();
    const known = forNextActivity(progress, nowMs);
    if (taken.action === 'retry-now') return retriedNow(known, nowMs);
    if (taken.action !== 'replan' || taken.plan === null) return null;
    this.plan = taken.plan;
    this.walk = replannedWalk(taken.plan, this.walk);
    return hasGroup(taken.plan, progress.group) ? known : null;
  }

  /** What a group that gave up goes on with, where its call was given more retries or more time meanwhile; null: it ended. */
  private goesOnExtended(entry: FallbackEntry, end: CallModelGroupOutput | GroupFailure): GroupProgress | null {
    if (!this.isExtended || 'response' in end) return null;
    const plan = planOfGroup(this.plan, entry);
    const nowMs = Date.now();
    if (nowMs >= (this.deadlineMs ?? Infinity) || !goesOnUnder(plan, end.failure, end.ended)) return null;
    return continuedGroup(end.ended, end.failure, plan, nowMs);
  }

  /** The group ended by an action. */
  private endedBy({ taken: { action, input, plan }, progress }: Taken): GroupEnd {
    const { group } = progress;
    const ended = givenUp(progress, `${action} by ${input.by}`, Date.now());
    this.groupEnded(endedGroup(ended));
    if (action === 'answer') return { response: input.response, ended: endedGroup(ended) };
    if (action === 'fail') throw this.failed(failedByHand(input));
    if (action === 'replan') {
      const failure = ownFailure('NotFoundError', `model group ${group} is not in the plan that was resolved anew`);
      return { failure, ended: endedGroup(ended) };
    }
    if (action !== 'use') return { failure: failureOf(ended), ended: endedGroup(ended) };
    return this.movedTo({ group: input.group ?? group }, plan);
  }

  /** Somebody has the call go on in a group, of another plan where its own has none of that name. */
  private movedTo(next: FallbackEntry, plan: CallPlan | null): GroupEnd {
    if (plan !== null) this.plan = withGroupOf(this.plan, plan);
    this.walk = walkTo(this.plan, this.walk, next);
    this.host.publish({ ...this.counts(), group: groupOf(this.plan, next) });
    return { next };
  }

  /** When the call must be done, ms since the epoch; null: never. */
  private get deadlineMs(): number | null {
    return callDeadline(this.plan, this.startedMs);
  }

  private retriesLeft(): number | null {
    const { numRetriesPerRequest } = this.plan;
    return numRetriesPerRequest === undefined ? null : numRetriesPerRequest - this.history.retries;
  }

  private groupEnded(ended: EndedGroup): void {
    const ledger = mergeEntries(ended.ledger, this.host.takeNotes());
    this.history = withGroup(this.history, { ...ended, ledger });
    this.host.show(this.history);
  }

  private answered({ response, ended }: CallModelGroupOutput): CallResult {
    const report = reportOf(this.plan, this.history, this.walk.fallbacks);
    // One event less for the call that succeeds at once.
    if (report.attempts > 1 || report.fallbacks > 0) {
      this.host.publish({ ...this.counts(), servedGroup: ended.group, outcome: 'answered' });
    }
    return { response, report };
  }

  /** The group to go on with after one gave up; throws when the call is over. */
  private next(failure: Failure): FallbackEntry {
    if (this.isTotalReached(failure)) throw this.failed(totalReached(failure, this.plan));
    if (failure.contentDelivered) throw this.failed(failure);
    const step = nextGroup(this.plan, this.walk, failure.kind);
    this.history = withUnknownGroups(this.history, step.unknown, Date.now());
    if (step.entry === null) throw this.failed(failure);
    this.move = { cameFrom: cameFrom(this.group(), failure, step.state.fallbacks) };
    this.walk = step.state;
    this.host.publish({ ...this.counts(), group: groupOf(this.plan, step.entry), errorKind: failure.kind });
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

  private failed({ kind, status, message, code, param, retryAfterMs = null }: LastFailure): Error {
    this.host.publish({ ...this.counts(), outcome: 'failed', errorKind: kind });
    const wait = retryAfterMs === null ? {} : { retryAfterMs };
    this.noteActions();
    const report = reportOf(this.plan, this.history, this.walk.fallbacks);
    return callFailed({ kind, status, message, code, param, ...wait, report });
  }

  /** @param begun - what the group had been through before its activity, or what it waited for at its gate, if that has told nothing */
  private cancelled(error: unknown, begun: GroupProgress | null = null): unknown {
    const progress = cancelledProgress(error) ?? this.host.toldAtCancel() ?? begun;
    // It may have come to its end meanwhile.
    if (progress !== null && progress.group !== this.history.last?.group) this.groupEnded(endedGroup(progress));
    this.noteActions();
    this.host.publish({ ...this.counts(), outcome: 'cancelled' });
    return error;
  }

  /** What was done to the call after its last group had ended. */
  private noteActions(): void {
    this.history = { ...this.history, ledger: mergeEntries(this.history.ledger, this.host.takeNotes()) };
  }

  private counts(): { attempts: number; fallbacks: number } {
    return { attempts: this.history.attempts, fallbacks: this.walk.fallbacks };
  }
}
