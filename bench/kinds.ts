/**
 * What is measured: the least that Temporal can do for a request; a call as Holdfast makes it for a client without a worker;
 * and one whose first attempt is made by the process that starts it.
 */
export const KINDS = ['bare', 'llmCall', 'driven'] as const;

export type Kind = (typeof KINDS)[number];

/** A value for each kind. */
export type PerKind<T> = Record<Kind, T>;

export const TASK_QUEUES: PerKind<string> = {
  bare: 'bench-bare',
  llmCall: 'bench-holdfast',
  driven: 'bench-driven',
};

/** The provider's model that answers at once. */
export const GOOD_MODEL = 'ok';
