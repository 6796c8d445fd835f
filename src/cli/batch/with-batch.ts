import type { BatchHandle } from '../../client/batch-handle.js';
import type { HoldfastClient } from '../../client/holdfast-client.js';
import type { ListedBatch } from '../../client/listed-batch.js';
import type { GlobalOptions } from '../configure-command.js';
import { UsageError } from '../usage-error.js';
import { withClient } from '../with-client.js';
import { noWorker, NoWorkerError } from './no-worker.js';

/** A batch, and what can be asked. */
export interface FoundBatch {
  readonly client: HoldfastClient;
  readonly handle: BatchHandle;
  /** Where its workers take their work from. */
  readonly taskQueue: string;
}

export const ID_HELP = 'id or output folder of the batch';

/** Connects, finds a batch by its id or its output folder, and does something with it. */
export async function withBatch<T>(
  idOrFolder: string,
  options: GlobalOptions,
  use: (found: FoundBatch, listed: ListedBatch) => Promise<T>,
): Promise<T> {
  return withClient(options, async (client) => {
    const listed = await client.batches.find(idOrFolder);
    const { batchId, taskQueue } = listed;
    return use({ client, handle: client.batches.handle(batchId), taskQueue }, listed);
  });
}

/** A worker that was killed counts as one for a while. */
const NOTICE_MS = 5_000;

/**
 * Asks a batch what only a worker can answer for it.
 * @throws NoWorkerError when none polls
 */
export async function asked<T>({ client, taskQueue }: FoundBatch, answer: () => Promise<T>): Promise<T> {
  if (!(await client.hasWorkers(taskQueue))) throw new NoWorkerError(noWorker(taskQueue));
  const notice = setTimeout(() => console.error('holdfast: no worker has answered yet; still waiting'), NOTICE_MS);
  try {
    return await answer();
  } finally {
    clearTimeout(notice);
  }
}

/** @throws UsageError when the batch is over */
export function mustRun({ batchId, state }: ListedBatch): void {
  if (state !== 'running') throw new UsageError(`batch ${batchId} is over: ${state}`);
}
