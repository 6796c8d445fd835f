import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { withClient } from './with-client.js';

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', 'id of the call')
    .addHelpText('after', examples('holdfast cancel call-7d4c…'))
    .action(async (callId: string) => {
      await withClient(command.optsWithGlobals<GlobalOptions>(), async (client) => {
        const handle = client.handle(callId);
        const { state } = await handle.describe();
        // Temporal takes a cancellation of a call that is over without a word.
        if (state !== 'running') {
          console.log(`call ${callId} is over already: ${state}`);
          return;
        }
        await handle.cancel();
        console.log(`call ${callId} is being cancelled; see \`holdfast inspect ${callId}\``);
      });
    });
};
