import type { Command } from 'commander';
import { Option } from 'commander';
import { systemClock } from '../clock.js';
import { actOnCalls, findRunningCalls } from '../client/act-on-calls.js';
import type { HoldfastClient } from '../client/holdfast-client.js';
import { problemOfAction, type ActionInput, type CallAction } from '../core/call/call-actions.js';
import { POLICY_FIELDS, type PolicyField } from '../core/errors/error-kinds.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { mustConfirm } from './confirm.js';
import { examples, note } from './examples.js';
import { exitCode, type Exit } from './exit-codes.js';
import { addFilterOptions, filterOf, type FilterOptions } from './filter-options.js';
import { LiveLines } from './live-lines.js';
import { rate, seconds, wholeNumber } from './option-values.js';
import { ownName } from './own-name.js';
import { readJsonObject } from './read-json.js';
import { onStopSignal } from './signals.js';
import { UsageError } from './usage-error.js';
import { withClient } from './with-client.js';

interface ActionCliOptions extends GlobalOptions, FilterOptions {
  why?: string;
  by: string;
  yes?: true;
  ramp?: number;
  retries?: number;
  field?: PolicyField;
  seconds?: number;
  response?: string;
}

type FoundBy = ReturnType<typeof filterOf>;

const AN_ANSWER = 'the answer of a provider, an object such as {"id": …, "choices": […]}';

const HOW =
  'Calls are named by their ids, or found by filters, which narrow together: the command counts them and asks first. Ctrl-C ' +
  'stops it between two calls. What does not take the action is told, with the reason. ' +
  'Before: `holdfast stuck`, and `holdfast list` with the same filters. ' +
  'After: `holdfast inspect ID`, whose ledger says who acted and why.';

/** The command of an action: for calls by their ids, or for all that a filter finds. */
export function configureAction(action: CallAction): ConfigureCommand {
  return (command, end) => {
    if (action === 'use') command.argument('<group>', 'the model group that the calls go on in');
    command
      .argument('[ids...]', 'ids of calls')
      .option('--why <reason>', `for the ledger of each call${action === 'cancel' ? '' : '; must be given'}`)
      .option('--by <name>', 'who acts, for the ledger of each call', ownName());
    addFilterOptions(command, 'instead of ids: calls that are being retried in this model group')
      .option('--yes', 'do not ask first')
      .option('--ramp <rate>', 'at most so many in a time: 10/s, 100/m', rate);
    ownOptions(action, command);
    command
      .addHelpText('after', note(HOW))
      .addHelpText('after', examples(...exampleOf(action)))
      .action(async (...args: unknown[]) => {
        const [first, second] = args;
        const given = (action === 'use' ? second : first) as string[];
        const options = command.optsWithGlobals<ActionCliOptions>();
        const filter = mustNameCalls(given, options);
        const input = await inputOf(action, options, action === 'use' ? String(first) : undefined);
        end(exitCode(await withClient(options, (client) => run(client, action, { given, filter, options, input }))));
      });
  };
}

function ownOptions(action: CallAction, command: Command): void {
  if (action === 'extend') {
    command
      .option('--retries <n>', 'so many more', wholeNumber(1))
      .addOption(new Option('--field <field>', 'the budget that grows (default: every one)').choices(POLICY_FIELDS))
      .option('--seconds <n>', 'so much longer the call may take', seconds({ zero: false }));
  }
  if (action === 'answer') command.requiredOption('--response <file>', 'the answer, as JSON; - is standard input');
}

function exampleOf(action: CallAction): string[] {
  const why = '--why "the provider is down"';
  if (action === 'use') return [`holdfast use gpt-4o-eu --retrying gpt-4o ${why} --ramp 10/s`];
  if (action === 'extend') return [`holdfast extend call-7d4c… --retries 5 ${why}`];
  if (action === 'approve' || action === 'deny') {
    return [`holdfast ${action} call-7d4c… ${why}`, `holdfast ${action} --gate gpt-4o-eu ${why} --ramp 10/s`];
  }
  if (action === 'answer') return [`holdfast answer call-7d4c… --response answer.json ${why}`];
  return [`holdfast ${action} call-7d4c… ${why}`, `holdfast ${action} --retrying gpt-4o --older 1h ${why}`];
}

async function inputOf(
  action: CallAction,
  { by, why, retries, field, seconds: more, response }: ActionCliOptions,
  group: string | undefined,
): Promise<ActionInput> {
  const input = {
    by,
    // To stop a call needs no reason; whatever changes its way does.
    why: why ?? (action === 'cancel' ? 'no reason was given' : ''),
    ...(group !== undefined && { group }),
    ...(retries !== undefined && { retries }),
    ...(field !== undefined && { field }),
    ...(more !== undefined && { seconds: more }),
    ...(response !== undefined && { response: await readJsonObject(response, AN_ANSWER) }),
  };
  if (action === 'extend' && retries === undefined && more === undefined) {
    throw new UsageError('say --retries, how many more, or --seconds, how much longer, or both');
  }
  const problem = problemOfAction(action, input);
  if (problem === null) return input;
  throw new UsageError(input.why === '' ? `say --why: ${problem}` : problem);
}

interface Run {
  readonly given: readonly string[];
  readonly filter: FoundBy;
  readonly options: ActionCliOptions;
  readonly input: ActionInput;
}

async function run(client: HoldfastClient, action: CallAction, { given, filter, options, input }: Run): Promise<Exit> {
  const found = filter && (await findRunningCalls(client, filter));
  const ids = found?.ids ?? given;
  if (ids.length === 0) {
    console.log('no calls');
    return 'ok';
  }
  if (found !== null) {
    if (found.areMore) console.error(`holdfast: the filter finds more than ${callCount(ids.length)}: these come first`);
    if (options.yes !== true && !(await mustConfirm(`${action} ${callCount(ids.length)}?`))) return 'ok';
  }
  const [only] = ids;
  if (found === null && only !== undefined && ids.length === 1) {
    await client.handle(only).act(action, input);
    console.log(`${action}: call ${only} took it; see \`holdfast inspect ${only}\``);
    return 'ok';
  }
  const lines = new LiveLines(process.stderr);
  const stopped = new AbortController();
  onStopSignal(() => stopped.abort());
  const { took, refused, left } = await actOnCalls(ids, (id) => client.handle(id).act(action, input), {
    clock: systemClock,
    perSecond: options.ramp ?? null,
    stopped: stopped.signal,
    tell: ({ ended, error }) => {
      if (error !== null) lines.line(`holdfast: ${error.message}`);
      lines.status(`${ended} of ${callCount(ids.length)}`);
    },
  });
  lines.status('');
  console.log(
    `${action}: ${callCount(took)} took it${refused === 0 ? '' : `, ${refused} did not`}` +
      (left === 0 ? '' : `; stopped before the other ${left}`) +
      (found?.areMore === true ? '; there are more that the filter finds: run it again' : ''),
  );
  if (left > 0) return 'interrupted';
  return refused > 0 ? 'callFailed' : 'ok';
}

/** The filter of a command line; null: the calls are given by their ids. */
function mustNameCalls(given: readonly string[], options: FilterOptions): FoundBy {
  const filter = filterOf(options, Date.now());
  if ((filter !== null) !== given.length > 0) return filter;
  throw new UsageError(
    'name the calls by their ids, or find them: --retrying, --gate, --kind, --batch, --older, --query',
  );
}

function callCount(count: number): string {
  return count === 1 ? '1 call' : `${count} calls`;
}
