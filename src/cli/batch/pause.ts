import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples } from '../examples.js';
import { count } from '../../core/batch/batch-text.js';
import { asked, ID_HELP, mustRun, withBatch } from './with-batch.js';

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .addHelpText('after', examples('holdfast batch pause answers'))
    .action(async (id: string) => {
      await withBatch(id, command.optsWithGlobals<GlobalOptions>(), async (found, listed) => {
        mustRun(listed);
        const { batchId, reason, inFlight } = await asked(found, () => found.handle.pause());
        console.log(`batch ${batchId} is paused: ${reason}; ${count(inFlight)} rows in flight come to their end`);
        console.error(`Go on with it: holdfast batch resume ${batchId}`);
      });
    });
};
