import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { mustConfirm } from './confirm.js';
import { examples } from './examples.js';
import { withClient } from './with-client.js';

interface ForgetOptions extends GlobalOptions {
  yes?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<ids...>', 'ids of calls that are over')
    .option('--yes', 'do not ask first')
    .addHelpText('after', examples('holdfast forget call-7d4c…', 'holdfast forget call-7d4c… call-0a5f… --yes'))
    .action(async (ids: string[]) => {
      const options = command.optsWithGlobals<ForgetOptions>();
      const what = ids.length === 1 ? `call ${ids[0]}` : `${ids.length} calls`;
      if (options.yes !== true && !(await mustConfirm(`forget ${what}, for good?`))) return;
      await withClient(options, async (client) => {
        for (const id of ids) {
          const { workflows } = await client.handle(id).forget();
          console.log(`call ${id} is forgotten (workflows deleted: ${workflows})`);
        }
      });
    });
};
