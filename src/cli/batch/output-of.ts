import { ownerOf, readIndex } from '../../batch/index.js';
import { batchFolder } from '../../core/batch/batch.js';
import { shownLocation, type Storage } from '../../storage/index.js';
import type { GlobalOptions } from '../configure-command.js';
import { UsageError } from '../usage-error.js';
import { locationOf } from './submit-options.js';
import { withBatch } from './with-batch.js';

/** The output folder, which is told by what is in it; Temporal knows those of other batches. */
export async function outputOf(id: string, storage: Storage, options: GlobalOptions): Promise<string> {
  const folder = locationOf(id);
  if ((await readIndex({ storage, folder: batchFolder(folder) })) !== null) return folder;
  return withBatch(id, options, async (_found, { batchId, spec }) => {
    const owner = await ownerOf(storage, batchFolder(spec.output));
    if (owner === null || owner === batchId) return spec.output;
    const other = `${shownLocation(spec.output)} is the folder of batch ${owner}`;
    throw new UsageError(`batch ${batchId} has no output: ${other}. Its own: ${owner}`);
  });
}
