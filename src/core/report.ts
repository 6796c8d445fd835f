import type { CallPlan } from './call-plan.js';
import type { CallHistory, CallReport } from './call-types.js';
import { groupOf } from './fallback-walk.js';
import { EMPTY_LEDGER, appendEntry, joinLedgers, totalTokens, type Ledger } from './ledger.js';
import { isoTime, retriesMade, type GroupProgress } from './progress.js';

export const NO_HISTORY: CallHistory = { ledger: EMPTY_LEDGER, attempts: 0, retries: 0, last: null };

/** A group came to its end, with an answer or without. */
export function withGroup(history: CallHistory, progress: GroupProgress): CallHistory {
  return {
    ledger: joinLedgers(history.ledger, progress.ledger),
    attempts: history.attempts + progress.attempts,
    retries: history.retries + retriesMade(progress),
    last: progress,
  };
}

/** Fallbacks that name no known group are passed over, and the ledger says so. */
export function withUnknownGroups(history: CallHistory, names: readonly string[], nowMs: number): CallHistory {
  const note = (ledger: Ledger, group: string) =>
    appendEntry(ledger, {
      group,
      startedAt: isoTime(nowMs),
      outcome: 'note',
      message: 'passed over: the config has no such model group',
    });
  return { ...history, ledger: names.reduce(note, history.ledger) };
}

export function reportOf(
  plan: Pick<CallPlan, 'configHash' | 'first' | 'aliases'>,
  { ledger, attempts, retries, last }: CallHistory,
  fallbacks: number,
): CallReport {
  const asked = last?.ledger.entries.findLast(
    ({ deployment, outcome }) => deployment !== undefined && outcome !== 'note',
  );
  const groupRetries = last === null ? 0 : retriesMade(last);
  return {
    ledger,
    configHash: plan.configHash,
    group: last?.group ?? groupOf(plan, plan.first),
    deployment: asked?.deployment ?? null,
    model: asked?.model ?? null,
    attempts,
    retries,
    fallbacks,
    groupRetries,
    groupMaxRetries: last !== null && groupRetries > 0 ? last.lastBudgetSize : null,
    tokens: totalTokens(ledger),
  };
}
