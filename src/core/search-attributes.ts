/**
 * The search attributes of a call, by which the Temporal UI and `holdfast list` find it.
 * They are indexed in plain text, so none of them ever holds a prompt or an answer.
 */
export const SEARCH_ATTRIBUTES = {
  /** The model group the call is in now, or was in last. */
  HoldfastGroup: 'Keyword',
  /** The model group whose answer was delivered. */
  HoldfastServedGroup: 'Keyword',
  /** `answered`, `failed` or `cancelled`; unset while the call runs and when its first attempt answered. */
  HoldfastOutcome: 'Keyword',
  /** The error kind that ended the last group that gave up. */
  HoldfastErrorKind: 'Keyword',
  /** Attempts so far in all groups, lost ones included. */
  HoldfastAttempts: 'Int',
  /** Fallback groups tried so far. */
  HoldfastFallbacks: 'Int',
} as const satisfies Record<string, 'Keyword' | 'Int'>;

export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;
