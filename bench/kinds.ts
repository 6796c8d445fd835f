/** What is measured: a call as Holdfast makes it, and the least that Temporal can do for the same request. */
export const KINDS = ['bare', 'llmCall'] as const;

export type Kind = (typeof KINDS)[number];

/** A value for each kind. */
export type PerKind<T> = Record<Kind, T>;

export const TASK_QUEUES: PerKind<string> = { bare: 'bench-bare', llmCall: 'bench-holdfast' };

/** The provider's model that answers at once. */
export const GOOD_MODEL = 'ok';
