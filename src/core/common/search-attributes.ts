/**
 * The search attributes of calls and batches, by which the Temporal UI and `holdfast list` find it.
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
  /** The batch that a call is a row of; of a batch, its own id. */
  HoldfastBatch: 'Keyword',
  /** Rows of a batch. Numbers of rows are doubles: a server on SQL has three integers per namespace. */
  HoldfastRows: 'Double',
  /** Rows that were answered so far. */
  HoldfastRowsAnswered: 'Double',
  /** Rows that failed for good so far. */
  HoldfastRowsFailed: 'Double',
} as const satisfies Record<string, 'Keyword' | 'Int' | 'Double'>;

/** The same, as a list. */
export const SEARCH_ATTRIBUTE_LIST = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => ({ name, type }));

export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;
