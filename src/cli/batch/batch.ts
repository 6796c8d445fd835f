import type { ConfigureCommand } from '../configure-command.js';
import { examples } from '../examples.js';
import { configure as cancel } from './cancel.js';
import { configure as concurrency } from './concurrency.js';
import { configure as errors } from './errors.js';
import { configure as list } from './list.js';
import { configure as pause } from './pause.js';
import { configure as results } from './results.js';
import { configure as resume } from './resume.js';
import { configure as retryFailed } from './retry-failed.js';
import { configure as run } from './run.js';
import { configure as status } from './status.js';
import { configure as submit } from './submit.js';
import { configure as watch } from './watch.js';

interface BatchCommand {
  readonly description: string;
  readonly configure: ConfigureCommand;
}

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, BatchCommand>> = {
  run: { description: 'Start a batch and follow it to its end.', configure: run },
  submit: { description: 'Start a batch, print its id and leave.', configure: submit },
  watch: { description: 'Follow a batch to its end.', configure: watch },
  status: { description: 'Show where a batch stands.', configure: status },
  list: { description: 'List batches, newest first. Needs no worker.', configure: list },
  results: { description: 'Show what became of the rows, and where the output is.', configure: results },
  errors: { description: 'Show what rows failed with, by error kind, also while the batch runs.', configure: errors },
  pause: {
    description: 'Begin no more rows; those in flight, and those in retries, come to their end.',
    configure: pause,
  },
  resume: { description: 'Go on with a batch that is paused.', configure: resume },
  concurrency: { description: 'Change how many rows are in flight at once.', configure: concurrency },
  cancel: {
    description: 'Stop a batch: requests in flight are aborted, what is done is put into its output.',
    configure: cancel,
  },
  'retry-failed': {
    description: 'Run the rows again that have no answer, and follow that to its end.',
    configure: retryFailed,
  },
};

export const configure: ConfigureCommand = (command, end) => {
  command.addHelpText('after', examples('holdfast batch run questions.jsonl --out answers', 'holdfast batch list'));
  for (const [name, { description, configure: configureOne }] of Object.entries(COMMANDS)) {
    configureOne(command.command(name).description(description), end);
  }
};
