import type { Clock } from '../clock.js';
import { Turns } from '../core/common/turns.js';

/** So many calls are acted on at once. */
const AT_ONCE = 10;

interface ActOptions {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** At most so many calls a second; null: as fast as it goes. */
  readonly perSecond: number | null;
  /** Ends it between two calls. */
  readonly stopped: AbortSignal;
  /** Told after each call: how many have ended, and why this one did not take it, if so. */
  readonly tell: (progress: { readonly ended: number; readonly error: Error | null }) => void;
}

/**
 * Acts on calls one after the other, some side by side. One that refuses keeps none of the others from it.
 * @returns how many were asked
 */
export async function actOnCalls(
  ids: readonly string[],
  act: (id: string) => Promise<void>,
  { clock, perSecond, stopped, tell }: ActOptions,
): Promise<number> {
  const turns = new Turns(AT_ONCE);
  const startedMs = clock.now();
  let ended = 0;
  const acting: Promise<void>[] = [];
  const actOn = async (id: string): Promise<void> => {
    const error = await act(id).then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    );
    ended += 1;
    tell({ ended, error });
  };
  for (const [index, id] of ids.entries()) {
    if (perSecond !== null) {
      const waitMs = startedMs + (index * 1000) / perSecond - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, { signal: stopped }).catch(() => undefined);
    }
    acting.push(turns.take(async () => (stopped.aborted ? undefined : actOn(id))));
  }
  await Promise.all(acting);
  return ended;
}
