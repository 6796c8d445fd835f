import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples } from '../examples.js';
import { wholeNumber } from '../option-values.js';
import { asked, ID_HELP, mustRun, withBatch } from './with-batch.js';

interface ResumeCliOptions extends GlobalOptions {
  maxTokensTotal?: number;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .option(
      '--max-tokens-total <n>',
      'pause again when so many tokens are used, those used before included',
      wholeNumber(1),
    )
    .addHelpText(
      'after',
      examples('holdfast batch resume answers', 'holdfast batch resume answers --max-tokens-total 10000000'),
    )
    .action(async (id: string) => {
      const { maxTokensTotal, ...options } = command.optsWithGlobals<ResumeCliOptions>();
      await withBatch(id, options, async (found, listed) => {
        mustRun(listed);
        const resume = () => found.handle.resume(maxTokensTotal === undefined ? {} : { maxTokensTotal });
        const { batchId, state } = await asked(found, resume);
        console.log(`batch ${batchId} goes on: ${state}`);
      });
    });
};
