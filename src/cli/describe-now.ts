import type { PendingGroup } from '../client/describe-call.js';
import type { CallInspection } from '../client/inspect-call.js';
import { whyItWaits } from '../client/call-json.js';
import { localTime, untilTime } from './times.js';

/** What a call is doing, or how it ended, with local times. */
export function describeNow({ state, beginsAt, workflowPause, pending, now }: CallInspection): string {
  if (state !== 'running' || workflowPause !== null) return now;
  if (beginsAt !== null) return `deferred: it begins at ${untilTime(beginsAt)}`;
  if (pending === null) return 'queued: no group has begun, or it is between two';
  const { group, nextAttemptAt } = pending;
  const why = whyItWaits(pending);
  switch (pending.state) {
    case 'asking':
      return `group ${group} asks ${askedDeployment(pending)}`;
    case 'pausing':
      return `group ${group} asks ${askedDeployment(pending)}, and is paused after that`;
    case 'waiting':
      return `group ${group} waits until ${nextAttemptAt === null ? 'later' : untilTime(nextAttemptAt)}: ${why}`;
    case 'gated':
      return `group ${group} is not asked yet: the call ${gateOf(pending)}`;
    case 'queued':
      return `group ${group} is queued for a worker${why === '' ? '' : `, after ${why}`}`;
    case 'paused':
      return `group ${group} is paused by an operator`;
    case 'stopping':
      return `group ${group} is being cancelled`;
  }
}

function gateOf({ progress }: PendingGroup): string {
  const gate = progress?.gate;
  if (gate === undefined) return 'waits for approve or deny';
  return `waits for approve or deny of the fallback from ${gate.from} until ${untilTime(new Date(gate.untilMs))}: then ${gate.onTimeout}`;
}

/** Before the first heartbeat only Temporal's own number of the attempt is known. */
function askedDeployment({ progress, attempt }: PendingGroup): string {
  const asked = progress?.inFlight ?? null;
  if (asked === null) return `a provider (attempt ${attempt})`;
  return `${asked.deployment} (attempt ${asked.attempt}) since ${localTime(new Date(asked.startedAt))}`;
}
