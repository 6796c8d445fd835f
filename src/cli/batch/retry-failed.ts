import type { ConfigureCommand } from '../configure-command.js';
import { examples } from '../examples.js';
import { followBatch, type FollowOptions } from './follow-batch.js';
import { ID_HELP, withBatch } from './with-batch.js';

export const configure: ConfigureCommand = (command, end) => {
  command
    .argument('<id>', ID_HELP)
    .option('--json', 'a line of JSON every few seconds, at each change and at the end, on standard output')
    .addHelpText('after', examples('holdfast batch retry-failed answers'))
    .action(async (id: string) => {
      const options = command.optsWithGlobals<FollowOptions>();
      end(
        await withBatch(id, options, async (found, { batchId }) => {
          const handle = await found.client.batches.retryFailed(batchId);
          return followBatch({ ...found, handle }, options);
        }),
      );
    });
};
