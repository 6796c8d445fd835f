import { uiAddress } from '../../client/ui-address.js';
import { temporalSettings } from '../../temporal/settings.js';
import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples } from '../examples.js';
import { statusJson } from './json-view.js';
import { statusTable } from './status-text.js';
import { asked, ID_HELP, withBatch } from './with-batch.js';

interface StatusOptions extends GlobalOptions {
  json?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .option('--json', 'machine-readable')
    .addHelpText('after', examples('holdfast batch status answers', 'holdfast batch status batch-7d4c… --json'))
    .action(async (id: string) => {
      const options = command.optsWithGlobals<StatusOptions>();
      const status = await withBatch(id, options, (found) => asked(found, () => found.handle.status()));
      const ui = uiAddress({ namespace: temporalSettings(options).namespace, callId: status.batchId });
      console.log(
        options.json === true ? JSON.stringify({ ...statusJson(status), ui }, null, 2) : statusTable(status, ui),
      );
    });
};
