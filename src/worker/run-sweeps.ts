import type { Clock, Random } from '../clock.js';
import { sweep, type SweepDeps } from '../external-storage/sweep.js';

/** So often it is looked whether somebody has swept today. */
const EVERY_MS = 3_600_000;

interface RunSweepsDeps extends Omit<SweepDeps, 'clock'> {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: Random;
  readonly log: Readonly<Record<'info' | 'warn', (message: string) => void>>;
}

/** Removes payloads that no history needs any more, once a day and from the external storage as a whole, until the signal. */
export async function runSweeps({ random, log, ...deps }: RunSweepsDeps, signal: AbortSignal): Promise<void> {
  const { clock, place } = deps;
  while (!signal.aborted) {
    // Not all workers at once, and none at its start.
    await clock.sleep(EVERY_MS * (0.5 + random()), { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const swept = await sweep(deps);
      if (swept === null) continue;
      log.info(
        `payloads of ${swept.removed} workflows that are gone were removed from ${place}, those of ${swept.kept} kept`,
      );
    } catch (error) {
      log.warn(`payloads that no history needs could not be removed from ${place}: ${String(error)}`);
    }
  }
}
