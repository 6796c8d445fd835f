/** Only a worker can do what is asked for, and none is there. */
export class NoWorkerError extends Error {
  override readonly name = 'NoWorkerError';
}

export function noWorker(taskQueue: string): string {
  return (
    `no worker polls task queue "${taskQueue}": the batch waits for one. ` +
    'Start one with `holdfast worker`, or `holdfast dev`'
  );
}
