import type { CallReport } from '../../../src/core/call/call-types.js';
import type { Explanation } from '../../../src/core/explain/explain.js';
import type { ExplainedDeployment } from '../../../src/core/explain/explain-deployment.js';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.js';
import { NO_FACTS, type AttemptFacts } from './attempt-facts.js';
import { later, shown, type Span } from './span.js';
import type { ExplainedCooldowns } from './explained-cooldowns.js';
import { callDeadline, groupDeadline, type GroupDeadline } from './explained-deadlines.js';
import {
  allowedPicks,
  allowedSteps,
  FRESH,
  isStep,
  stepText,
  withFailure,
  type FailedAttempt,
} from './explained-group.js';
import { blockedAnswerFails, firstPlace, nextPlace, passedOverAtFirst } from './explained-walk.js';

/** A call that came to its end. */
export interface EndedCall {
  readonly askedMs: number;
  /** Null for an answer. */
  readonly kind: string | null;
  readonly report: CallReport;
  /** What the upstream did with each attempt, in order; null for one that did not reach it. */
  readonly facts: readonly (AttemptFacts | null)[];
}

/** How a call may end, and whether it must. */
interface Ending {
  readonly kinds: readonly (string | null)[];
  readonly must: boolean;
}

/** How late a machine may be that has other things to do. */
const LATE_MS = 20_000;
/** Between clocks that are read one after the other. */
const CLOCK: Span = [-100, 100];

/**
 * Follows a call through what `explain` said, from one error to the next, and says where it first did something else;
 * empty when it did not.
 */
export function followCall(explained: Explanation, call: EndedCall, cooldowns: ExplainedCooldowns): string[] {
  const follower = new Follower(explained, call, cooldowns);
  const { entries, folded } = call.report.ledger;
  if (folded !== undefined) return ['cannot be compared: the ledger is folded'];
  for (const entry of entries) {
    follower.take(entry);
    if (follower.differences.length > 0) return follower.differences;
  }
  follower.end();
  return follower.differences;
}

class Follower {
  readonly differences: string[] = [];
  private readonly explained: Explanation;
  private readonly call: EndedCall;
  private readonly cooldowns: ExplainedCooldowns;
  private readonly facts: (AttemptFacts | null)[];
  private readonly callMs: Span | null;
  private place;
  private group = FRESH;
  /** Null until the group has begun. */
  private deadline: GroupDeadline | null = null;
  /** Of the group's last failure. */
  private lastKind: string | null = null;
  /** Names that the ledger must pass over now. */
  private passedOver: readonly string[];
  /** Of the last attempt, or of what came before the first. */
  private endMs: number;
  /** When the wait before the next attempt is over. */
  private dueMs: number;
  private ending: Ending | null = null;
  private attempts = 0;
  private retries = 0;

  constructor(explained: Explanation, call: EndedCall, cooldowns: ExplainedCooldowns) {
    this.explained = explained;
    this.call = call;
    this.cooldowns = cooldowns;
    this.facts = [...call.facts];
    this.place = firstPlace(explained);
    this.passedOver = passedOverAtFirst(explained);
    this.endMs = call.askedMs;
    this.dueMs = call.askedMs;
    const [first] = call.report.ledger.entries;
    this.callMs = callDeadline(
      explained,
      later([call.askedMs, first === undefined ? call.askedMs : startOf(first)], CLOCK),
    );
  }

  take(entry: LedgerEntry): void {
    const [name = null, ...others] = this.passedOver;
    if (isPassedOver(entry)) {
      this.expect(entry.group === name, `${name ?? 'nothing'} is passed over`, entry.group);
      this.passedOver = others;
      return;
    }
    const { group } = this.place.group;
    this.expect(name === null, `${name} is passed over`, 'it was not');
    this.expect(this.ending?.must !== true, 'the call is over', `there was an entry of ${entry.group}`);
    this.expect(entry.group === group, `${group} is next`, entry.group);
    if (this.differences.length > 0) return;
    this.ending = null;
    this.deadline ??= groupDeadline(this.explained, this.place.group, {
      beganMs: later([this.endMs, startOf(entry)], CLOCK),
      callMs: this.callMs,
      canFallBack: this.canFallBack('Timeout'),
    });
    if (entry.outcome === 'note') this.gaveUpUnasked(entry);
    else this.attempt(entry);
  }

  end(): void {
    const { kind, report } = this.call;
    const kinds = this.ending?.kinds ?? [];
    const explained =
      kinds.length === 0 ? `${this.place.group.group} is next` : `it ends with ${kinds.map(answerOr).join(' or ')}`;
    this.expect(kinds.includes(kind), explained, `it ended with ${answerOr(kind)}`);
    const outOfTime = kind === 'Timeout' && this.callMs !== null;
    this.expect(this.passedOver.length === 0 || outOfTime, `${this.passedOver.join(', ')} passed over`, 'it was not');
    if (kind === null) {
      const { group } = this.place.group;
      const was = `${report.group} after ${report.fallbacks}`;
      const { fallbacks } = this.place;
      this.expect(was === `${group} after ${fallbacks}`, `${group} answers after ${fallbacks} fallbacks`, was);
    }
    this.expect(report.attempts === this.attempts, `${this.attempts} attempts`, String(report.attempts));
    this.expect(report.retries === this.retries, `${this.retries} retries`, String(report.retries));
  }

  private attempt(entry: LedgerEntry): void {
    this.attempts += 1;
    this.group = { ...this.group, attempts: this.group.attempts + 1 };
    const facts = this.facts.shift() ?? NO_FACTS;
    const deployment = this.asked(entry);
    if (deployment === undefined) return;
    this.endMs = startOf(entry) + (entry.durationMs ?? 0);
    const blockedFails = blockedAnswerFails(this.explained, this.place);
    if (entry.outcome === 'answered') {
      this.expect(!facts.blocked || !blockedFails, 'a blocked answer is a failure', 'it was delivered');
      this.ending = { kinds: [null], must: true };
      return;
    }
    this.expect(entry.outcome === 'failed', 'an attempt fails or is answered', `it was ${entry.outcome}`);
    this.expect(!facts.blocked || blockedFails, 'a blocked answer is delivered', 'it was a failure');
    const deadlineReached = this.saysDeadline(entry, this.endMs);
    this.failed(entry, { kind: entry.kind ?? '', deployment, facts, deadlineReached, endedMs: this.endMs });
  }

  /** The deployment of an attempt, if it could be asked then. */
  private asked({
    attempt,
    deployment: id = '',
    durationMs = 0,
    ...entry
  }: LedgerEntry): ExplainedDeployment | undefined {
    const { group } = this.place;
    const startMs = startOf(entry);
    const what = `${group.group} #${this.group.attempts}`;
    const picks = allowedPicks(group, this.group, this.cooldowns, startMs);
    this.expect(attempt === this.group.attempts, `${what} is next`, `it was #${attempt}`);
    this.expect(picks.has(id), `${what} asks ${[...picks].join(' or ')}`, id);
    this.expect(startMs >= this.dueMs + CLOCK[0], `${what} waits`, `it began ${this.dueMs - startMs} ms early`);
    const waits = this.group.standby === null && this.allCool(startMs) === true;
    this.expect(!waits, `${what} waits for a deployment to be back`, 'it did not');
    const deployment = group.deployments.find((each) => each.id === id);
    const leftMs = Math.max(0, (this.deadline?.deadlineMs?.[1] ?? Infinity) - startMs);
    const mostMs = Math.min(deployment?.timeoutMs.value ?? Infinity, leftMs);
    this.expect(durationMs <= mostMs + LATE_MS, `${what} takes at most ${mostMs} ms`, `${durationMs} ms`);
    return deployment;
  }

  private failed({ next, message = '' }: LedgerEntry, failure: FailedAttempt): void {
    const { kind, deployment, facts, deadlineReached, endedMs } = failure;
    const { group } = this.place;
    const { numRetriesPerRequest } = this.explained.call;
    const isOwnFault = !deadlineReached && !endedByCaller(message, deployment);
    if (isOwnFault) this.cooldowns.failed(deployment, kind, endedMs, facts.retryAfterMs);
    const steps = allowedSteps(group, this.group, failure, {
      cooldowns: this.cooldowns,
      deadlineMs: this.deadline?.deadlineMs ?? null,
      canFallBack: this.canFallBack(kind),
      retriesLeft: numRetriesPerRequest.value === null ? null : numRetriesPerRequest.value - this.retries,
    });
    const step = steps.find((each) => isStep(each, next));
    const explained = [...new Set(steps.map(stepText))].join(', or ');
    this.expect(
      step !== undefined,
      `after ${kind} of ${group.group} #${this.group.attempts} ${explained}`,
      stepOf(next),
    );
    if (step === undefined) return;
    this.lastKind = kind;
    this.dueMs = endedMs + (next?.waitMs ?? 0);
    this.retries += step.action === 'retry' ? 1 : 0;
    this.group = withFailure(group, this.group, failure, step);
    if (step.action === 'give up') this.groupEnds(kind, endedMs, deadlineReached, facts.contentRead);
  }

  /** A group gives up without an attempt when its time is over, or when all that it could ask cools down. */
  private gaveUpUnasked(entry: LedgerEntry): void {
    const atMs = startOf(entry);
    const ids = this.place.group.deployments.map(({ id }) => id);
    const lateMs = this.deadline?.deadlineMs?.[0] ?? Infinity;
    const ofCooling = this.lastKind ?? 'RateLimitError';
    const cools = this.group.standby === null && this.allCool(atMs) !== false;
    const kinds = [
      ...(cools && (this.canFallBack(ofCooling) || this.cooldowns.firstBack(ids)[1] >= lateMs) ? [ofCooling] : []),
      ...(atMs >= lateMs ? ['Timeout', this.lastKind] : []),
    ];
    const { kind = '' } = entry;
    const explained = kinds.length === 0 ? 'makes an attempt' : `gives up with ${kinds.join(' or ')}`;
    this.expect(kinds.includes(kind), `${entry.group} ${explained}`, `it gave up with ${kind} and made none`);
    this.groupEnds(kind, atMs, this.saysDeadline(entry, atMs), false);
  }

  private groupEnds(kind: string, atMs: number, deadlineReached: boolean, contentRead: boolean): void {
    const [soonest, latest] = this.callMs ?? [Infinity, Infinity];
    const isOfCall = deadlineReached ? (this.deadline?.isOfCall ?? null) : false;
    const isTotal = atMs >= latest || isOfCall === true;
    const outOfTime = isTotal || isOfCall === null || atMs + LATE_MS >= soonest ? ['Timeout'] : [];
    const { place, passedOver } = nextPlace(this.explained, this.place, kind);
    this.endMs = atMs;
    if (isTotal || contentRead || place === null) {
      this.ending = { kinds: isTotal ? outOfTime : [kind, ...outOfTime], must: true };
      this.passedOver = isTotal || contentRead ? [] : passedOver;
      return;
    }
    this.ending = { kinds: outOfTime, must: false };
    this.passedOver = passedOver;
    this.place = place;
    this.group = FRESH;
    this.deadline = null;
    this.lastKind = null;
    this.dueMs = atMs;
  }

  private canFallBack(kind: string): boolean {
    return nextPlace(this.explained, this.place, kind).place !== null;
  }

  /** Null: nobody can tell. */
  private allCool(atMs: number): boolean | null {
    const each = this.place.group.deployments.map(({ id }) => this.cooldowns.cools(id, atMs));
    return each.includes(false) ? false : each.includes(null) ? null : true;
  }

  private saysDeadline({ kind, message = '' }: LedgerEntry, atMs: number): boolean {
    if (kind !== 'Timeout' || !message.includes('before the deadline')) return false;
    const explained = this.deadline?.deadlineMs ?? null;
    const isSo = explained !== null && atMs >= explained[0];
    this.expect(
      isSo,
      explained === null ? 'there is no deadline' : `the deadline comes at ${shown(explained)}`,
      `it was ${atMs}`,
    );
    return true;
  }

  private expect(holds: boolean, explained: string, was: string): void {
    if (!holds) this.differences.push(`explained: ${explained}; but: ${was}`);
  }
}

function startOf({ startedAt }: Pick<LedgerEntry, 'startedAt'>): number {
  return Date.parse(startedAt);
}

/** Of a name that is no group. */
function isPassedOver({ outcome, message = '', deployment }: LedgerEntry): boolean {
  return outcome === 'note' && deployment === undefined && message.startsWith('passed over');
}

/** A caller's own limit for the first content says nothing of the deployment. */
function endedByCaller(message: string, { streamTimeoutMs }: ExplainedDeployment): boolean {
  return message.includes('(stream_timeout)') && /^(request|fallback entry) /.test(streamTimeoutMs.source);
}

function stepOf(next: LedgerEntry['next']): string {
  return next === undefined ? 'nothing' : `${next.action}${next.waitMs === undefined ? '' : ` in ${next.waitMs} ms`}`;
}

function answerOr(kind: string | null): string {
  return kind ?? 'an answer';
}
