/**
 * Options of a test that races with a timeout of the product's: a machine that stalls can lose the race now and then; a rule
 * that is broken loses it each time. `test.concurrent` writes into its options: it is given a copy.
 */
export const TIMED = Object.freeze({ retry: 2 });
