import { uiAddress } from '../../client/ui-address.js';
import { temporalSettings } from '../../temporal/settings.js';
import type { ConfigureCommand } from '../configure-command.js';
import { examples } from '../examples.js';
import { withClient } from '../with-client.js';
import { dryRun } from './dry-run.js';
import { addSubmitOptions, batchOptions, type SubmitOptions } from './submit-options.js';

export const configure: ConfigureCommand = (command, end) => {
  addSubmitOptions(command)
    .option('--json', 'print {batchId, ui}')
    .addHelpText('after', examples('holdfast batch submit questions.jsonl --out answers --max-tokens-total 5000000'))
    .action(async (file: string) => {
      const options = command.optsWithGlobals<SubmitOptions>();
      if (options.dryRun === true) return end(await dryRun(file, options));
      const { batchId } = await withClient(options, async (client) =>
        client.batches.submit(await batchOptions(file, options)),
      );
      const ui = uiAddress({ namespace: temporalSettings(options).namespace, callId: batchId });
      console.log(options.json === true ? JSON.stringify({ batchId, ui }, null, 2) : batchId);
      console.error(ui);
    });
};
