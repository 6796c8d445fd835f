import { callState, type PendingGroup } from './describe-call.js';
import type { ListedCall } from './list-calls.js';

/** A running group as JSON shows it. The ledger stands elsewhere, so the progress is left out. */
export function pendingJson(pending: PendingGroup | null) {
  if (pending === null) return null;
  const { progress, ...rest } = pending;
  return { ...rest, why: whyItWaits(pending), inFlight: progress?.inFlight ?? null };
}

/** The failure that a group waits after, and what was decided. */
export function whyItWaits({ progress, lastFailure }: PendingGroup): string {
  const last = progress?.ledger.entries.at(-1);
  if (last?.kind === undefined) return lastFailure ?? '';
  return `${last.kind} (${last.status})${last.next === undefined ? '' : `, ${last.next.reason}`}`;
}

/** A call of a list as JSON shows it. */
export function listedJson({ status, description, outcome: _outcome, ...call }: ListedCall) {
  return { ...call, state: callState(status), pending: pendingJson(description?.pending ?? null) };
}
