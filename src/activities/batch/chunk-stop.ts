import type { Context } from '@temporalio/activity';

/** How a running chunk is stopped. */
export interface ChunkStop {
  /** No row is begun any more. */
  readonly stop: AbortSignal;
  /** Requests in flight are aborted. */
  readonly abort: AbortSignal;
  /** Whether the worker is going away: another one goes on. */
  handsOver(): boolean;
  /** Ends the watch. */
  end(): void;
}

interface ChunkStopOptions {
  readonly context: Pick<Context, 'cancellationSignal' | 'cancellationDetails'>;
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** Fires when the worker gives up what is in flight. */
  readonly drained: AbortSignal;
  /** Whether the batch wants what is in flight to come to its end. */
  readonly isPaused: () => Promise<boolean>;
}

/**
 * A worker that stops, and a batch that is paused, let requests in flight finish: they are paid for. A batch that is
 * cancelled, an operator, and the end of the drain do not.
 */
export function watchStop({ context, stopping, drained, isPaused }: ChunkStopOptions): ChunkStop {
  const stop = new AbortController();
  const abort = new AbortController();
  const ended = new AbortController();
  const on = (signal: AbortSignal, then: () => void) => {
    if (signal.aborted) then();
    else signal.addEventListener('abort', then, { once: true, signal: ended.signal });
  };
  const abortAll = () => {
    stop.abort();
    abort.abort();
  };
  on(stopping, () => stop.abort());
  on(drained, abortAll);
  on(context.cancellationSignal, () => {
    stop.abort();
    if (context.cancellationDetails?.cancelRequested !== true) return abort.abort();
    isPaused().then(
      (paused) => !paused && abort.abort(),
      () => abort.abort(),
    );
  });
  return {
    stop: stop.signal,
    abort: abort.signal,
    handsOver: () => stopping.aborted || drained.aborted || context.cancellationDetails?.workerShutdown === true,
    end: () => ended.abort(),
  };
}
