import { Command, CommanderError } from 'commander';
import { addCallCommand } from './call.js';
import { addCancelCommand } from './cancel.js';
import { addConfigCommand } from './config-check.js';
import { addDevCommand } from './dev.js';
import { examples } from './examples.js';
import { exitCode, exitCodesHelp, type ExitCode } from './exit-codes.js';
import { addExplainCommand } from './explain.js';
import { addInspectCommand } from './inspect.js';
import { addListCommand } from './list.js';
import { addMockProviderCommand } from './mock-provider.js';
import { reportError } from './report-error.js';
import { addWorkerCommand } from './worker.js';

/** In the order of the help: to run, to use, to check. */
const COMMANDS = [
  addDevCommand,
  addWorkerCommand,
  addCallCommand,
  addListCommand,
  addInspectCommand,
  addCancelCommand,
  addExplainCommand,
  addConfigCommand,
  addMockProviderCommand,
];

/** Runs the program with the arguments of a command line, and reports whatever goes wrong. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let ended = exitCode('ok');
  const program = createProgram();
  for (const add of COMMANDS) add(program, (code) => (ended = code));
  try {
    await program.parseAsync([...argv]);
    return ended;
  } catch (error) {
    // It has printed the help, or what is wrong, by itself.
    if (error instanceof CommanderError) return exitCode(error.exitCode === 0 ? 'ok' : 'badInput');
    return reportError(error);
  }
}

function createProgram(): Command {
  return new Command('holdfast')
    .description('Durable LLM calls on Temporal: retried and failed over by policy, lost by no crash.')
    .option('--address <host:port>', 'Temporal server (default: TEMPORAL_ADDRESS, the profile, localhost:7233)')
    .option('--namespace <name>', 'namespace (default: TEMPORAL_NAMESPACE, the profile, default)')
    .option('--profile <name>', 'profile of temporal.toml (default: TEMPORAL_PROFILE, default)')
    .option('--task-queue <name>', 'where calls and workers meet (default: HOLDFAST_TASK_QUEUE, holdfast)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
    })
    .showHelpAfterError('See `holdfast --help`, or --help after a command.')
    .exitOverride()
    .addHelpText('after', `\n${exitCodesHelp()}`)
    .addHelpText(
      'after',
      examples('holdfast dev', 'holdfast call "Say hello" --model gpt-4o', 'holdfast list --retrying gpt-4o'),
    );
}
