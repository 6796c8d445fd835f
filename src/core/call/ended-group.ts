import { retriesMade, type GroupProgress } from '../retries/progress.js';

/** What a call keeps of a group that came to its end: its history holds this of every group. */
export interface EndedGroup extends Pick<
  GroupProgress,
  'group' | 'ledger' | 'attempts' | 'lastBudgetSize' | 'providerHeaders'
> {
  /** All that were made, before and after resets. */
  readonly retries: number;
}

export function endedGroup(progress: GroupProgress): EndedGroup {
  const { group, ledger, attempts, lastBudgetSize, providerHeaders } = progress;
  return {
    group,
    ledger,
    attempts,
    retries: retriesMade(progress),
    lastBudgetSize,
    ...(providerHeaders !== undefined && { providerHeaders }),
  };
}
