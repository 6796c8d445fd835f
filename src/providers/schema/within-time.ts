import { createContext, Script } from 'node:vm';

/** Runs a function, and breaks it off when it has not returned in time. @throws TookTooLongError, and what it throws */
export type WithinTime = <T>(run: () => T, limitMs: number) => T;

export class TookTooLongError extends Error {
  constructor(limitMs: number) {
    super(`it took longer than ${limitMs} ms`);
  }
}

/** Nothing but a script of `node:vm` can be stopped in the middle of a regular expression. */
export function createWithinTime(): WithinTime {
  const context: { run?: () => void } = Object.create(null);
  createContext(context);
  const script = new Script('run()');
  return <T>(run: () => T, limitMs: number) => {
    const results: T[] = [];
    context.run = () => void results.push(run());
    try {
      script.runInContext(context, { timeout: limitMs });
    } catch (error) {
      throw isTimeout(error) ? new TookTooLongError(limitMs) : error;
    } finally {
      delete context.run;
    }
    return results[0] as T;
  };
}

/** It is an error of the other context: no `instanceof` knows it. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
