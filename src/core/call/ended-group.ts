import { isLedger } from '../ledger/ledger.js';
import { retriesMade, type GroupProgress } from '../retries/progress.js';

/** What a call keeps of a group that came to its end: its history holds this of every group. */
export interface EndedGroup extends Pick<
  GroupProgress,
  'group' | 'ledger' | 'attempts' | 'lastBudgetSize' | 'providerHeaders'
> {
  /** All that were made, before and after resets. */
  readonly retries: number;
  /** Failures counted per budget. @default none, or not told by workers of before */
  readonly failures?: GroupProgress['failures'];
}

export function endedGroup(progress: GroupProgress): EndedGroup {
  const { group, ledger, attempts, lastBudgetSize, providerHeaders, failures } = progress;
  return {
    group,
    ledger,
    attempts,
    retries: retriesMade(progress),
    lastBudgetSize,
    ...(Object.keys(failures).length > 0 && { failures }),
    ...(providerHeaders !== undefined && { providerHeaders }),
  };
}

/** Whether a value from a payload tells how a group ended: whoever ends an activity by hand can put anything there. */
export function isEndedGroup(value: unknown): value is EndedGroup {
  if (typeof value !== 'object' || value === null || !('ledger' in value) || !isLedger(value.ledger)) return false;
  return (
    'group' in value && typeof value.group === 'string' && 'attempts' in value && typeof value.attempts === 'number'
  );
}
