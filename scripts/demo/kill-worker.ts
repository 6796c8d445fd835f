import { setTimeout as sleep } from 'node:timers/promises';
import type { CallHandle } from '../../src/client.js';
import type { Play } from './stage.js';

const POLL_INTERVAL_MS = 100;

/** Kills the worker as soon as the call's ledger knows of an attempt in flight, and starts another. */
export async function killWorkerOf(play: Play, handle: CallHandle): Promise<void> {
  const { screen } = play;
  const asked = await inFlight(play, handle);
  if (asked === null) {
    screen.text('* The call ended before the worker could be killed.', { style: 'magenta' });
    return;
  }
  await replaceWorker(play, {
    killed: `the worker is gone, in the middle of attempt ${asked}.`,
    replaced: "Temporal hands it the call when the first one's heartbeats have been missing for 10 s.",
  });
}

/** Kills the worker, starts another, and says so. */
export async function replaceWorker(play: Play, says: { killed: string; replaced: string }): Promise<void> {
  const { run, stage, screen } = play;
  await run.until(play.worker.kill());
  play.killed = play.worker;
  screen.row(`* kill -9 ${play.worker.pid}: ${says.killed}`, 'magenta');
  play.worker = await run.until(stage.startWorker());
  const text = `* Another worker runs, process ${play.worker.pid}. ${says.replaced}`;
  screen.text(text, { style: 'magenta', hanging: 2 });
}

/** Waits for the first heartbeat of an attempt; returns its number, null when the call is over. */
async function inFlight({ run }: Play, handle: CallHandle): Promise<number | null> {
  for (;;) {
    const { state, pending } = await run.until(handle.describe());
    if (state !== 'running') return null;
    const attempt = pending?.state === 'asking' ? pending.progress?.inFlight?.attempt : undefined;
    if (attempt !== undefined) return attempt;
    await run.until(sleep(POLL_INTERVAL_MS));
  }
}
