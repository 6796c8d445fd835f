import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples, note } from './examples.js';
import { ownName } from './own-name.js';
import { withClient } from './with-client.js';

interface HoldCliOptions extends GlobalOptions {
  why: string;
  by: string;
  divert?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<target>', 'a model group, or the id of a deployment')
    .requiredOption('--why <reason>', 'for the ledger of each call that waits')
    .option('--by <name>', 'who holds it', ownName())
    .option('--divert', 'calls go on to their fallbacks, where they have some; else they wait')
    .addHelpText(
      'after',
      note(
        'Within two seconds no worker asks it, whatever is restarted meanwhile. A wait for it uses up no retry; the timeout ' +
          'of a call goes on. `holdfast stuck` shows what is held, `holdfast release` ends it.',
      ),
    )
    .addHelpText('after', examples('holdfast hold gpt-4o --why "the bill"', 'holdfast hold fast-a --why slow --divert'))
    .action(async (target: string) => {
      const options = command.optsWithGlobals<HoldCliOptions>();
      const held = await withClient(options, (client) => client.hold(target, options));
      const waits = held.diverts ? 'calls go on to their fallbacks, or wait' : 'calls wait';
      console.log(`${held.kind} ${held.target} is held: ${waits}. To end it: holdfast release ${held.target}`);
    });
};
