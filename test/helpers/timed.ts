/**
 * Options of a test that races with a timeout of the product's: a machine that stalls can lose the race now and then; a rule
 * that is broken loses it each time.
 */
export const TIMED = { retry: 2 } as const;
