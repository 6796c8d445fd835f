import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples } from '../examples.js';
import { wholeNumber } from '../option-values.js';
import { asked, ID_HELP, mustRun, withBatch } from './with-batch.js';
import { count } from '../../core/batch/batch-text.js';

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .argument('<n>', 'rows in flight at once', wholeNumber(1))
    .addHelpText('after', examples('holdfast batch concurrency answers 200'))
    .action(async (id: string, concurrency: number) => {
      await withBatch(id, command.optsWithGlobals<GlobalOptions>(), async (found, listed) => {
        mustRun(listed);
        const { batchId, spec } = await asked(found, () => found.handle.setConcurrency(concurrency));
        console.log(`batch ${batchId} has ${count(spec.concurrency)} rows in flight at once from now on`);
      });
    });
};
