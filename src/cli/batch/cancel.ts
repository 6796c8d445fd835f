import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples } from '../examples.js';
import { ID_HELP, withBatch } from './with-batch.js';

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .addHelpText('after', examples('holdfast batch cancel answers'))
    .action(async (id: string) => {
      await withBatch(id, command.optsWithGlobals<GlobalOptions>(), async ({ handle }, { batchId, state }) => {
        // Temporal takes a cancellation of what is over without a word.
        if (state !== 'running') {
          console.log(`batch ${batchId} is over already: ${state}`);
          return;
        }
        await handle.cancel();
        console.log(`batch ${batchId} is being cancelled: what is done is put into its output`);
        console.error(`See it end: holdfast batch watch ${batchId}`);
      });
    });
};
