import { isOver } from '../../client/batch-status.js';
import { isCallError } from '../../client/errors.js';
import { uiAddress } from '../../client/ui-address.js';
import type { BatchStatus } from '../../core/batch/batch.js';
import { temporalSettings } from '../../temporal/settings.js';
import type { GlobalOptions } from '../configure-command.js';
import { exitCode, type ExitCode } from '../exit-codes.js';
import { onStopSignal } from '../signals.js';
import { ticks } from '../ticks.js';
import { BarView } from './bar-view.js';
import type { BatchView } from './batch-view.js';
import { JsonView } from './json-view.js';
import { LineView } from './line-view.js';
import { noWorker } from './no-worker.js';
import { reportEnd } from './report-end.js';
import type { FoundBatch } from './with-batch.js';

export interface FollowOptions extends GlobalOptions {
  json?: true;
}

const RETRY_MS = 1_000;

/** Without a status for so long, it is asked what is wrong, again and again. */
const SILENCE_MS = 4_000;

/** Without Temporal for so long, the batch is not followed any more. */
const PATIENCE_MS = 5 * 60_000;

/**
 * Shows a batch until it is over, or until a signal, which never ends the batch. Where nobody looks on, it ends also when
 * the batch has paused itself: that may last until a person does something. Returns the exit code.
 */
export async function followBatch(found: FoundBatch, options: FollowOptions): Promise<ExitCode> {
  const { batchId } = found.handle;
  const { namespace } = temporalSettings(options);
  console.error(`batch ${batchId}  ${uiAddress({ namespace, callId: batchId })}`);
  const interrupted = new Promise<null>((resolve) => {
    onStopSignal(() => resolve(null));
  });
  const ending = new AbortController();
  const following = new Following(found, openView(options));
  let status: BatchStatus | null;
  try {
    status = await Promise.race([following.toTheEnd(ending.signal), following.watch(ending.signal), interrupted]);
  } catch (error) {
    console.error(`Batch ${batchId} is not followed any more. ${howToFollow(batchId)}`);
    throw error;
  } finally {
    ending.abort();
    following.view.end();
  }
  if (status !== null && isOver(status.state)) return reportEnd(found, status, options);
  if (status !== null) return reportPause(batchId);
  console.error(`Not followed any more; batch ${batchId} goes on. ${howToFollow(batchId)}`);
  return exitCode('interrupted');
}

function openView({ json }: FollowOptions): BatchView {
  if (json === true) return new JsonView();
  const { isTTY, columns, rows } = process.stderr;
  // Some terminals do not tell their size, and say 0: nothing can be drawn there.
  return isTTY && columns > 0 && rows > 0 ? new BarView(process.stderr) : new LineView();
}

/** Why it is paused, and what to do, has been shown. */
function reportPause(batchId: string): ExitCode {
  console.error(
    `Not followed any more: it is paused, and nobody is there. Follow it again: holdfast batch watch ${batchId}`,
  );
  return exitCode('batchPaused');
}

/** Somebody who pauses a batch resumes it, too. */
function waitsForNobody({ pausedBy }: BatchStatus): boolean {
  return pausedBy === 'batch' && !process.stderr.isTTY;
}

function howToFollow(batchId: string): string {
  return `Follow it: holdfast batch watch ${batchId}  Cancel it: holdfast batch cancel ${batchId}`;
}

/** Workers, and the server, may come and go while a batch is followed. */
class Following {
  private readonly found: FoundBatch;
  readonly view: BatchView;
  private seenMs = Date.now();
  private trouble: string | null = null;

  constructor(found: FoundBatch, view: BatchView) {
    this.found = found;
    this.view = view;
  }

  /** Shows where the batch stands until it is over, or waits for somebody who is not there. */
  async toTheEnd(signal: AbortSignal): Promise<BatchStatus> {
    let last: BatchStatus | null = null;
    for await (const _tick of ticks(0, RETRY_MS, signal)) {
      try {
        for await (const status of this.found.handle.follow({ signal })) {
          this.seenMs = Date.now();
          this.trouble = null;
          last = status;
          if (!signal.aborted) this.view.show(status);
          if (waitsForNobody(status)) return status;
        }
        if (last !== null) return last;
      } catch (error) {
        if (isCallError(error)) throw error;
      }
    }
    throw signal.reason;
  }

  /** Says why nothing is heard of the batch. @throws TemporalUnavailableError when Temporal does not come back */
  async watch(signal: AbortSignal): Promise<never> {
    for await (const _tick of ticks(SILENCE_MS, SILENCE_MS, signal)) {
      const silentMs = Date.now() - this.seenMs;
      if (silentMs < SILENCE_MS) continue;
      const trouble = await this.whatIsWrong(silentMs >= PATIENCE_MS);
      if (trouble !== null && trouble !== this.trouble && !signal.aborted) this.view.say(trouble);
      this.trouble = trouble ?? this.trouble;
    }
    throw signal.reason;
  }

  private async whatIsWrong(isHopeless: boolean): Promise<string | null> {
    const { client, taskQueue } = this.found;
    try {
      return (await client.hasWorkers(taskQueue)) ? null : noWorker(taskQueue);
    } catch (error) {
      if (isHopeless) throw error;
      return `${error instanceof Error ? error.message : String(error)}; the batch is followed again when it is back`;
    }
  }
}
