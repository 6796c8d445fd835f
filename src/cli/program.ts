import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { CALL_ACTION_NAMES, CALL_ACTIONS } from '../core/call/call-actions.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples, note } from './examples.js';
import { exitCode, exitCodesHelp, type ExitCode } from './exit-codes.js';
import { reportError } from './report-error.js';

interface CommandRow {
  readonly description: string;
  /** What the command needs is loaded when it is run: Temporal's client alone takes a good part of a second. */
  readonly load: () => Promise<{ configure: ConfigureCommand }>;
}

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** What may be done to calls that run. */
const ACTIONS = Object.fromEntries(
  CALL_ACTION_NAMES.map((action): [string, CommandRow] => [
    action,
    {
      description: CALL_ACTIONS[action].description,
      load: async () => ({ configure: (await import('./act.js')).configureAction(action) }),
    },
  ]),
);

/** In the order of the help: by what one wants, and below its heading. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, CommandRow>>>> = {
  'To run:': {
    dev: {
      description:
        'Run everything on this machine: a Temporal server that keeps its state in a file, a worker and a gateway.',
      load: () => import('./dev.js'),
    },
    serve: {
      description: "Serve OpenAI's API, each request a durable call: a gateway and a worker in one process.",
      load: () => import('./serve.js'),
    },
    gateway: {
      description: "Serve OpenAI's API without a worker: workers run elsewhere.",
      load: () => import('./gateway.js'),
    },
    worker: {
      description: 'Run a worker: it asks the providers of its config for the calls of a task queue.',
      load: () => import('./worker.js'),
    },
    'mock-provider': {
      description: 'Run a scripted OpenAI-compatible provider, which answers and fails as the name of the model says.',
      load: () => import('./mock-provider.js'),
    },
  },
  'Calls:': {
    call: {
      description: 'Make a call and wait for its answer. Interrupting it stops the waiting, never the call.',
      load: () => import('./call.js'),
    },
    list: {
      description: 'List calls, newest first; or those that wait for a retry in a model group, and why.',
      load: () => import('./list.js'),
    },
    inspect: {
      description: 'Show a call, running or over: its state, every attempt and why, its counts. Needs no worker.',
      load: () => import('./inspect.js'),
    },
    batch: {
      description: "Run thousands of calls as one job: rows in, rows out, in the form of OpenAI's Batch API.",
      load: () => import('./batch/batch.js'),
    },
    forget: {
      description: 'Delete calls that are over: their histories, answers and ledgers, for good.',
      load: () => import('./forget.js'),
    },
  },
  'Where calls wait:': {
    stuck: {
      description:
        'Show what waits of all running calls, by group and reason, what is held or cools, and what to do next.',
      load: () => import('./stuck.js'),
    },
    providers: {
      description: 'Show how the deployments stand: state, limits, waiting calls, success, last error.',
      load: () => import('./providers.js'),
    },
    workers: {
      description: 'Show the workers of the task queue: since when, version, slots.',
      load: () => import('./workers.js'),
    },
    hold: {
      description: 'Hold a model group or a deployment: nobody asks it until it is released. Calls wait.',
      load: () => import('./hold.js'),
    },
    release: {
      description: 'Release what is held: calls that wait come back at a rate that grows, or at one of your own.',
      load: () => import('./release.js'),
    },
  },
  'Acting on calls that run:': ACTIONS,
  'Configs, keys, Temporal:': {
    explain: {
      description:
        'Show what a call of a model would do: its groups in order, retries, timeouts, and where each is set.',
      load: () => import('./explain.js'),
    },
    config: {
      description: 'Look at config files.',
      load: () => import('./config-check.js'),
    },
    key: {
      description: 'Make a key for callers of the gateway, and its entry in the config.',
      load: () => import('./key.js'),
    },
    keys: {
      description: 'Look at keys of encryption.',
      load: () => import('./keys.js'),
    },
    'codec-server': {
      description: "Decrypt for Temporal's UI and command line, which show ciphertext without it.",
      load: () => import('./codec-server.js'),
    },
    temporal: {
      description:
        "Run Temporal's CLI, as the set-up or `holdfast dev` found it, against the same server and namespace.",
      load: () => import('./temporal.js'),
    },
  },
};

/** The headings of the commands in the help. */
export const COMMAND_HEADINGS = Object.keys(COMMANDS);

/** Runs the program with the arguments of a command line, and reports whatever goes wrong. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let ended = exitCode('ok');
  const program = createProgram();
  try {
    if (argv[2] === 'temporal' && argv.length > 3) {
      const { runTemporal } = await import('./temporal.js');
      return await runTemporal(argv.slice(3));
    }
    for (const [heading, rows] of Object.entries(COMMANDS)) {
      program.commandsGroup(heading);
      for (const [name, { description, load }] of Object.entries(rows)) {
        const command = program.command(name).description(description);
        // It may be an option's value, too: then one is loaded for nothing.
        if (argv.includes(name)) (await load()).configure(command, (code) => (ended = code));
      }
    }
    await program.parseAsync([...argv]);
    return ended;
  } catch (error) {
    // It has printed the help, or what is wrong, by itself.
    if (error instanceof CommanderError) return exitCode(error.exitCode === 0 ? 'ok' : 'badInput');
    return reportError(error);
  }
}

/** The way through an incident. */
const INCIDENT =
  'Where calls wait: `holdfast stuck` shows what for, and which commands help; `inspect` one of them; `hold` what is down; ' +
  '`use`, `skip`, `extend` or `replan` for calls that cannot wait; `release` it when it answers again.';

function createProgram(): Command {
  return new Command('holdfast')
    .version(version, '-V, --version', 'print the version')
    .description('Durable LLM calls on Temporal: retried and failed over by policy, lost by no crash.')
    .option('--address <host:port>', 'Temporal server (default: TEMPORAL_ADDRESS, the profile, localhost:7233)')
    .option('--namespace <name>', 'namespace (default: TEMPORAL_NAMESPACE, the profile, default)')
    .option('--profile <name>', 'profile of temporal.toml (default: TEMPORAL_PROFILE, default)')
    .option('--task-queue <name>', 'where calls and workers meet (default: HOLDFAST_TASK_QUEUE, holdfast)')
    .option(
      '--keys-from <config>',
      'for commands without a config of their own: the file with the keys of encryption (default: as --config)',
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
    })
    .showHelpAfterError('See `holdfast --help`, or --help after a command.')
    .exitOverride()
    .addHelpText('after', note(INCIDENT))
    .addHelpText('after', `\n${exitCodesHelp()}`)
    .addHelpText(
      'after',
      examples('holdfast dev', 'holdfast call "Say hello" --model gpt-4o', 'holdfast stuck', 'holdfast hold --help'),
    );
}
