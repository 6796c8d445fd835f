/** How the SDK ends a worker whose thread for workflows is gone, or whose workflows outlast its limit. */
const THREAD_DIED = /workflow worker thread exited|worker thread exited|script execution timed out/i;

/** A worker ended by itself: what that means, and what to do. */
class WorkerFailedError extends Error {
  override readonly name = 'WorkerFailedError';
}

/** The error of a worker that ended by itself, in words that help; others stay as they are. */
export function explainWorkerError(error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (THREAD_DIED.test(cause.message)) return new WorkerFailedError(MESSAGE, { cause: error });
  }
  return error;
}

const MESSAGE =
  'the thread that runs the workflows of this worker died, and the worker with it. Calls and batches are safe in Temporal: ' +
  'start the worker again. If it dies again, it has too little memory or processor time for what runs: give it more ' +
  '(NODE_OPTIONS=--max-old-space-size), run more workers, or pause the batch that is largest (`holdfast batch list`)';
