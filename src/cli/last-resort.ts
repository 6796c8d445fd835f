import type { Logger } from 'pino';
import type { Running } from './running.js';

/**
 * What becomes of exceptions and rejections that nothing caught: each is logged with the calls under way, and the process
 * drains. After one, nobody knows what state it is in: whoever runs it starts another.
 */
export function lastResort(running: Running, log: Logger) {
  let first: { readonly error: unknown } | null = null;
  const listener = (error: unknown): void => {
    log.fatal(
      { error, callIds: running.callIds() },
      'nothing caught this: the process lets the calls under way finish for the drain, and ends',
    );
    // Once more would skip the drain.
    if (first === null) running.stop();
    first ??= { error };
  };
  const rethrow = (): void => {
    if (first !== null) throw first.error;
  };
  return { listener, rethrow };
}
