import type { PendingGroup } from '../client/describe-call.js';
import { whyItWaits } from './describe-now.js';

/** A running group as `--json` prints it. The ledger stands elsewhere, so the progress is left out. */
export function pendingJson(pending: PendingGroup | null) {
  if (pending === null) return null;
  const { progress, ...rest } = pending;
  return { ...rest, why: whyItWaits(pending), inFlight: progress?.inFlight ?? null };
}
