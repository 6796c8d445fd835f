/**
 * When a call becomes a workflow. `always`: before its answer is given. `on-failure`: when its first attempt has failed, or
 * is stopped; a call whose first attempt answers is none.
 */
export const DURABILITIES = ['always', 'on-failure'] as const;
export type Durability = (typeof DURABILITIES)[number];

/** Who makes the first attempt: the process that starts the call, where it can, or always the activity of the group. */
export const FIRST_ATTEMPTS = ['process', 'activity'] as const;
export type FirstAttempt = (typeof FIRST_ATTEMPTS)[number];
