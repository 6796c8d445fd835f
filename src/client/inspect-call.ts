import type { Client } from '@temporalio/client';
import type { CallReport } from '../core/call/call-types.js';
import { EMPTY_LEDGER, joinLedgers, mergeEntries, type Ledger } from '../core/ledger/ledger.js';
import type { WhoAndWhy } from '../core/common/who-and-why.js';
import { describeCall, type CallDescription } from './describe-call.js';
import { readHistory, withGroup, type CallEvents } from './read-history.js';

/** A call with its whole ledger, running or over. */
export interface CallInspection extends CallDescription {
  readonly ledger: Ledger;
  /** What the call is doing, or how it ended, in a line. */
  readonly now: string;
  /** Counts of a call that is over; null while it runs and when it was stopped from outside. */
  readonly report: CallReport | null;
  /** Of a call that was cancelled or terminated: who asked for that, and why, as far as they said. Null: nobody did. */
  readonly stoppedBy: WhoAndWhy | null;
}

/**
 * Reads a call's ledger from its history and, while a group runs, from that group's heartbeat. Needs no worker, so it
 * also tells why a call waits when none is left.
 */
export async function inspectCall(client: Client, callId: string, nowMs: number): Promise<CallInspection> {
  const description = await describeCall(client, callId, nowMs);
  const history = await readHistory(client, callId, description.runId);
  const groups = withGroup(history.groups, description.pending?.progress ?? null);
  const ledger = groups.map((each) => each.ledger).reduce(joinLedgers, EMPTY_LEDGER);
  return {
    ...description,
    report: history.report,
    ledger: history.report?.ledger ?? mergeEntries(ledger, history.actions),
    now: nowOf(description, history),
    stoppedBy: isStopped(description) ? history.stoppedBy : null,
  };
}

function isStopped({ state }: CallDescription): boolean {
  return state === 'cancelled' || state === 'terminated';
}

function nowOf(description: CallDescription, { failure, stoppedBy, isInFirstTask }: CallEvents): string {
  const { state, beginsAt, workflowPause, pending, group } = description;
  if (isStopped(description) && stoppedBy !== null) return `${state} by ${stoppedBy.by}: ${stoppedBy.why}`;
  if (state !== 'running') return failure === null ? state : `${state}: ${failure}`;
  if (workflowPause !== null) return workflowPauseLine(workflowPause);
  if (beginsAt !== null) return `deferred: it begins at ${beginsAt.toISOString()}`;
  const where = `group ${group}`;
  if (pending === null) return isInFirstTask ? firstAttemptLine(group) : 'between groups, or queued for a worker';
  switch (pending.state) {
    case 'waiting':
      return `${where} waits until ${pending.nextAttemptAt?.toISOString()}: ${pending.progress?.now ?? pending.lastFailure}`;
    case 'queued':
      return `${where} is queued for a worker`;
    case 'gated':
      return `${where} is not asked yet: the call ${pending.progress?.now ?? 'waits for approve or deny'}`;
    case 'paused':
      return `${where} is paused by an operator`;
    case 'stopping':
      return `${where} is being cancelled`;
    case 'asking':
      return `${where} asks a provider (attempt ${pending.attempt} of the activity)`;
    case 'pausing':
      return `${where} asks a provider, and is paused after that`;
  }
}

/** What a call does whose workflow is paused, in a line. */
export function workflowPauseLine({ by, why }: WhoAndWhy): string {
  return `its workflow is paused by ${by}: ${why}. \`temporal workflow unpause\` lets it go on`;
}

/** What a call does before it has an activity, in a line. */
export function firstAttemptLine(group: string | null): string {
  return `group ${group}: its first attempt is under way`;
}
