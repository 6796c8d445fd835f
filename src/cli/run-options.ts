import type { Command } from 'commander';
import type { GlobalOptions } from './configure-command.js';
import { CONFIG_HELP } from './find-config.js';
import { LENIENT_HELP } from './lenient.js';
import { seconds } from './option-values.js';

export interface RunOptions extends GlobalOptions {
  config?: string;
  lenient?: true;
  drain: number;
}

export const DEFAULT_DRAIN_SECONDS = 10;

/** The options of every command that runs until it is stopped. */
export function addRunOptions(command: Command): Command {
  return command
    .option('--config <file>', CONFIG_HELP)
    .option('--lenient', LENIENT_HELP)
    .option(
      '--drain <seconds>',
      'how long calls in flight may finish after SIGTERM; a second signal skips it',
      seconds({ zero: true }),
      DEFAULT_DRAIN_SECONDS,
    );
}
