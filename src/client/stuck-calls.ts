import type { Client } from '@temporalio/client';
import type { Clock } from '../clock.js';
import { Turns } from '../core/common/turns.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { whatItWaitsFor, type WaitOfCall } from '../core/call/what-it-waits-for.js';
import type { CallDescription } from './describe-call.js';
import { describeRunning, listCalls, quoted, type ListedCall } from './list-calls.js';

/** Running calls that wait for the same. */
export interface StuckGroup {
  readonly group: string;
  /**
   * `waiting`, `queued`, `paused` or `gated`, at the gate before the group; `workflow paused`: by Temporal's own means; `deferred`:
   * it begins later; `beginning`: no worker has taken it yet, or it is between two groups; `running`: what it does is not known,
   * there was no time to look.
   */
  readonly state: WaitOfCall['state'] | 'workflow paused' | 'deferred' | 'running';
  /** What for, in words. */
  readonly waitsFor: string;
  /** Of the last attempts; null: none has failed. */
  readonly kind: ErrorKind | null;
  readonly calls: number;
  /** When the oldest of these calls was started. */
  readonly oldestAt: Date;
  readonly oldestId: string;
  /** When the next attempt of one of them is due; null: none has a time. */
  readonly nextAt: Date | null;
  /** Retries left for the kind, from the call that has fewest to the one that has most; null: none has failed. */
  readonly retriesLeft: { readonly least: number; readonly most: number } | null;
}

/** The calls of a task queue that run, as far as they do not ask anybody at the moment. */
export interface StuckCalls {
  /** Calls that run. */
  readonly running: number;
  /** Whether there are more than were listed. */
  readonly areMore: boolean;
  /** Of those that were looked at: an attempt is in flight, or they have ended since. */
  readonly inFlight: number;
  /** Of those that were looked at: they wait. */
  readonly waiting: number;
  /** There was no time to look at these: the oldest of each model group were looked at first. */
  readonly notLookedAt: number;
  /** Those of most calls first. */
  readonly groups: readonly StuckGroup[];
}

/** So many are listed, and looked at so many side by side, until so much time went by with both; but for a second at least. */
const MOST = 100_000;
const WITHIN_MS = 4_000;
const LOOK_AT_LEAST_MS = 1_000;
const AT_ONCE = 32;

/** What waits in a task queue, and for what. That is asked of Temporal call by call: a retry leaves nothing in a list. */
export async function stuckCalls(client: Client, taskQueue: string, clock: Clock): Promise<StuckCalls> {
  const startedMs = clock.now();
  const calls: ListedCall[] = [];
  const query = `TaskQueue = ${quoted(taskQueue)}`;
  for await (const call of listCalls(client, { state: 'running', query, limit: MOST + 1 }, clock)) calls.push(call);
  const untilMs = Math.max(startedMs + WITHIN_MS, clock.now() + LOOK_AT_LEAST_MS);
  const turns = new Turns(AT_ONCE);
  const looks = oldestOfEachGroup(calls.slice(0, MOST)).map((call) =>
    turns.take(async () => {
      if (clock.now() > untilMs) return notLookedAt(call);
      const description = await describeRunning(client, call.callId, clock.now());
      return description?.state === 'running' ? waitOf(description) : null;
    }),
  );
  const waits = (await Promise.all(looks)).filter((look) => look !== null);
  const inFlight = looks.length - waits.length;
  const unseen = waits.filter(({ state }) => state === 'running').length;
  return {
    running: looks.length,
    areMore: calls.length > MOST,
    inFlight,
    waiting: waits.length - unseen,
    notLookedAt: unseen,
    groups: groupsOf(waits),
  };
}

/** The first of each group, then the second of each, and so on. */
function oldestOfEachGroup(calls: readonly ListedCall[]): ListedCall[] {
  const places = new Map<string | null, number>();
  const placed = calls
    .toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
    .map((call) => {
      const place = places.get(call.group) ?? 0;
      places.set(call.group, place + 1);
      return { call, place };
    });
  return placed.toSorted((a, b) => a.place - b.place).map(({ call }) => call);
}

interface Waiting extends Omit<WaitOfCall, 'state'>, Pick<CallDescription, 'callId' | 'startedAt'> {
  readonly state: StuckGroup['state'];
  readonly group: string;
}

function notLookedAt({ callId, startedAt, group }: ListedCall): Waiting {
  const unknown = {
    waitsFor: 'what is not known: there was no time to look',
    kind: null,
    dueMs: null,
    retriesLeft: null,
  };
  return { ...unknown, state: 'running', callId, startedAt, group: group ?? '' };
}

/** Null: it has an attempt in flight. */
function waitOf({ callId, startedAt, beginsAt, workflowPause, group, pending }: CallDescription): Waiting | null {
  const its = { callId, startedAt, group: group ?? '' };
  const unknown = { ...its, kind: null, retriesLeft: null };
  if (beginsAt !== null) return { ...unknown, state: 'deferred', waitsFor: 'its time', dueMs: beginsAt.getTime() };
  if (workflowPause !== null) {
    return { ...unknown, state: 'workflow paused', waitsFor: 'temporal workflow unpause', dueMs: null };
  }
  const wait = whatItWaitsFor(pending && { ...pending, nextAttemptMs: pending.nextAttemptAt?.getTime() ?? null });
  return wait && { ...wait, ...its };
}

function groupsOf(waits: readonly Waiting[]): StuckGroup[] {
  const alike = new Map<string, [Waiting, ...Waiting[]]>();
  for (const wait of waits) {
    const key = JSON.stringify([wait.group, wait.state, wait.waitsFor, wait.kind]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, [wait]);
    else known.push(wait);
  }
  return [...alike.values()].map(stuckGroup).toSorted((a, b) => b.calls - a.calls);
}

function stuckGroup(waits: readonly [Waiting, ...Waiting[]]): StuckGroup {
  const [first, ...others] = waits;
  const oldest = others.reduce((old, wait) => (wait.startedAt < old.startedAt ? wait : old), first);
  const dues = waits.map(({ dueMs }) => dueMs).filter((ms) => ms !== null);
  const left = waits.map(({ retriesLeft }) => retriesLeft).filter((count) => count !== null);
  const [next, least, most] = [smallest(dues), smallest(left), smallest(left.map((count) => -count))];
  return {
    group: first.group,
    state: first.state,
    waitsFor: first.waitsFor,
    kind: first.kind,
    calls: waits.length,
    oldestAt: oldest.startedAt,
    oldestId: oldest.callId,
    nextAt: next === null ? null : new Date(next),
    retriesLeft: least === null || most === null ? null : { least, most: -most },
  };
}

function smallest(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : numbers.reduce((a, b) => Math.min(a, b));
}
