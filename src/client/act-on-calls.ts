import type { Clock } from '../clock.js';
import { Turns } from '../core/common/turns.js';
import type { HoldfastClient } from './holdfast-client.js';
import type { CallFilter } from './list-calls.js';

/** So many calls are acted on at once. */
const AT_ONCE = 25;

/** Of a filter, so many are acted on in one go. */
export const MAX_FOUND = 100_000;

export interface FoundCalls {
  readonly ids: readonly string[];
  /** Whether the filter finds more than these. */
  readonly areMore: boolean;
}

/** The running calls that a filter finds. */
export async function findRunningCalls(
  client: Pick<HoldfastClient, 'list'>,
  filter: Omit<CallFilter, 'state'>,
  most: number = MAX_FOUND,
): Promise<FoundCalls> {
  const ids: string[] = [];
  for await (const { callId } of client.list({ ...filter, state: 'running', limit: most + 1 })) ids.push(callId);
  return { ids: ids.slice(0, most), areMore: ids.length > most };
}

export interface ActOptions {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** At most so many calls a second; null: as fast as it goes. */
  readonly perSecond: number | null;
  /** Ends it between two calls. */
  readonly stopped: AbortSignal;
  /** Told after each call: how many have ended, and why this one did not take it, if so. Others wait until it is heard. */
  readonly tell: (progress: ActProgress) => void | Promise<void>;
}

export interface ActProgress {
  readonly callId: string;
  readonly ended: number;
  readonly error: Error | null;
}

export interface ActedOn {
  /** So many calls took it. */
  readonly took: number;
  /** So many did not: they refused it, or could not be asked. */
  readonly refused: number;
  /** So many were not asked any more. */
  readonly left: number;
}

/** Acts on calls one after the other, some side by side. One that refuses keeps none of the others from it. */
export async function actOnCalls(
  ids: readonly string[],
  act: (id: string) => Promise<void>,
  { clock, perSecond, stopped, tell }: ActOptions,
): Promise<ActedOn> {
  const turns = new Turns(AT_ONCE);
  const startedMs = clock.now();
  let [took, refused] = [0, 0];
  const acting: Promise<void>[] = [];
  const actOn = async (callId: string): Promise<void> => {
    const error = await act(callId).then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    );
    if (error === null) took += 1;
    else refused += 1;
    await tell({ callId, ended: took + refused, error });
  };
  for (const [index, id] of ids.entries()) {
    if (perSecond !== null) {
      const waitMs = startedMs + (index * 1000) / perSecond - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, { signal: stopped }).catch(() => undefined);
    }
    if (stopped.aborted) break;
    acting.push(turns.take(async () => (stopped.aborted ? undefined : actOn(id))));
  }
  await Promise.all(acting);
  return { took, refused, left: ids.length - took - refused };
}
