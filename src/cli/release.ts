import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples, note } from './examples.js';
import { rate } from './option-values.js';
import { withClient } from './with-client.js';

interface ReleaseCliOptions extends GlobalOptions {
  ramp?: number;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<target>', 'what is held: a model group, or the id of a deployment')
    .option('--ramp <rate>', 'calls come back at this rate, until none waits: 10/s, 100/m', rate)
    .addHelpText('after', note('`holdfast stuck` shows what is held, and by whom.'))
    .addHelpText('after', examples('holdfast release gpt-4o', 'holdfast release gpt-4o --ramp 10/s'))
    .action(async (target: string) => {
      const options = command.optsWithGlobals<ReleaseCliOptions>();
      const { kind, by, since } = await withClient(options, (client) =>
        client.release(target, { perSecond: options.ramp }),
      );
      console.log(`${kind} ${target} is released; ${by} had held it since ${since}`);
    });
};
