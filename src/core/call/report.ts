import { redactedMessage } from '../common/redact.js';
import type { CallPlan } from '../plan/call-plan.js';
import type { CallHistory, CallReport } from './call-types.js';
import type { EndedGroup } from './ended-group.js';
import { groupOf } from '../fallbacks/fallback-walk.js';
import { EMPTY_LEDGER, appendEntry, joinLedgers, totalTokens, type Ledger } from '../ledger/ledger.js';
import { isoTime } from '../common/iso-time.js';

/** As many fields as a note names: a caller may write any number. */
const MAX_NAMED = 10;

export const NO_HISTORY: CallHistory = { ledger: EMPTY_LEDGER, attempts: 0, retries: 0, last: null };

/** A group came to its end, with an answer or without. */
export function withGroup(history: CallHistory, ended: EndedGroup): CallHistory {
  return {
    ledger: joinLedgers(history.ledger, ended.ledger),
    attempts: history.attempts + ended.attempts,
    retries: history.retries + ended.retries,
    last: ended,
  };
}

/** A call begins under its plan; the ledger says what of the request had no effect. */
export function startHistory(
  plan: Pick<CallPlan, 'first' | 'aliases' | 'passedOver' | 'takenOut' | 'cut'>,
  nowMs: number,
): CallHistory {
  const { takenOut = [], passedOver = [], cut = [] } = plan;
  const history = withUnknownGroups(NO_HISTORY, passedOver, nowMs);
  const notes = [
    ['not sent to the provider, for LiteLLM itself', takenOut],
    ['beyond what the operator allows', cut],
  ] as const;
  const ledger = notes.reduce((before, [what, names]) => {
    if (names.length === 0) return before;
    const named = names.slice(0, MAX_NAMED).join(', ') + (names.length > MAX_NAMED ? ', …' : '');
    return appendEntry(before, {
      group: groupOf(plan, plan.first),
      startedAt: isoTime(nowMs),
      outcome: 'note',
      message: redactedMessage(`${what}: ${named}`),
    });
  }, history.ledger);
  return { ...history, ledger };
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
  return {
    ledger,
    configHash: plan.configHash,
    group: last?.group ?? groupOf(plan, plan.first),
    deployment: asked?.deployment ?? null,
    model: asked?.model ?? null,
    attempts,
    retries,
    fallbacks,
    groupRetries: last?.retries ?? 0,
    groupMaxRetries: last !== null && last.retries > 0 ? last.lastBudgetSize : null,
    tokens: totalTokens(ledger),
    ...(last?.providerHeaders !== undefined && { providerHeaders: last.providerHeaders }),
  };
}
