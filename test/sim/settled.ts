import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** Node's own streams go on in ticks, which may bring further ones. */
let ticks = 0;
let seen = 0;
const nextTick = process.nextTick.bind(process);

process.nextTick = (...args) => {
  ticks += 1;
  nextTick(...args);
};

// The next turn of the event loop comes when this one has nothing left to do.
timers.setImmediate = <T>(value?: T) =>
  new Promise<T>((resolve) => {
    process.nextTick(() => resolve(value as T));
  });
syncBuiltinESMExports();

/**
 * Everything that can be done without time going on has been done: a tick comes when no promise is left to go on. It costs a
 * third of a turn of the event loop, which has nothing to tell here.
 */
export async function settled(): Promise<void> {
  for (;;) {
    const isQuiet = ticks === seen;
    seen = ticks;
    await new Promise<void>((resolve) => nextTick(resolve));
    if (isQuiet && ticks === seen) return;
  }
}
