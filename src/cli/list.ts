import { Option } from 'commander';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { CallState } from '../client/describe-call.js';
import type { CallFilter, ListedCall } from '../client/list-calls.js';
import { callState } from '../client/describe-call.js';
import { listedJson, whyItWaits } from '../client/call-json.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples, note } from './examples.js';
import { addFilterOptions, filterOf, type FilterOptions } from './filter-options.js';
import { wholeNumber } from './option-values.js';
import { table } from './table.js';
import { localTime, untilTime } from './times.js';
import { UsageError } from './usage-error.js';
import { withClient } from './with-client.js';

interface ListCliOptions extends GlobalOptions, FilterOptions {
  state?: NonNullable<CallFilter['state']>;
  limit: number;
  json?: true;
}

const STATES = ['running', 'answered', 'failed', 'cancelled'] as const satisfies readonly CallState[];

const DEFAULT_LIMIT = 20;

export const configure: ConfigureCommand = (command) => {
  addFilterOptions(command, 'calls that are being retried in this model group')
    .addOption(new Option('--state <state>', 'calls in this state').choices(STATES))
    .option('--limit <n>', 'at most so many', wholeNumber(1), DEFAULT_LIMIT)
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      note('Filters narrow together. The actions find calls by the same ones: `holdfast use --help`.'),
    )
    .addHelpText(
      'after',
      examples(
        'holdfast list',
        'holdfast list --retrying gpt-4o --kind RateLimitError --older 10m',
        'holdfast list --state failed --json',
      ),
    )
    .action(async () => {
      const options = command.optsWithGlobals<ListCliOptions>();
      const { retrying, gate, kind, state, limit } = options;
      const isDescribed = [retrying, gate, kind].some((filter) => filter !== undefined);
      if (isDescribed && state !== undefined) {
        throw new UsageError('--retrying, --gate and --kind find calls that run: leave --state out');
      }
      if (retrying !== undefined && gate !== undefined) {
        throw new UsageError('a call at a gate is not being retried: say --retrying or --gate');
      }
      const filter = { ...filterOf(options, Date.now()), state };
      const { calls, more } = await withClient(options, (client) => listed(client, { filter, limit, isDescribed }));
      if (options.json === true) console.log(JSON.stringify(calls.map(listedJson), null, 2));
      else if (calls.length > 0) console.log(isDescribed ? retryTable(calls) : callTable(calls));
      else console.log(noneText(options));
      if (more !== null) console.error(`holdfast: there are ${more} more: see --limit`);
    });
};

interface Listed {
  readonly calls: readonly ListedCall[];
  /** How many more there are; of those that are described that is not known. Null: none. */
  readonly more: number | 'some' | null;
}

async function listed(
  client: HoldfastClient,
  { filter, limit, isDescribed }: { filter: CallFilter; limit: number; isDescribed: boolean },
): Promise<Listed> {
  const calls: ListedCall[] = [];
  for await (const call of client.list({ ...filter, limit: limit + 1 })) calls.push(call);
  if (calls.length <= limit) return { calls, more: null };
  const more = isDescribed ? 'some' : Math.max(1, (await client.count(filter)) - limit);
  return { calls: calls.slice(0, limit), more };
}

function noneText({ retrying, gate, kind, batch, older, query }: ListCliOptions): string {
  if ([kind, batch, older, query].some((filter) => filter !== undefined)) return 'no calls';
  if (gate !== undefined) return `no call waits at the gate before group ${gate}`;
  return retrying === undefined ? 'no calls' : `no call is being retried in group ${retrying}`;
}

function callTable(calls: readonly ListedCall[]): string {
  const rows = calls.map(({ callId, status, startedAt, group, servedGroup, errorKind, attempts, fallbacks }) => {
    const state = callState(status);
    return [
      localTime(startedAt),
      callId,
      state,
      servedGroup ?? group ?? '',
      attempts === null ? '' : String(attempts),
      fallbacks === null ? '' : String(fallbacks),
      errorKind ?? '',
    ];
  });
  return table(['STARTED', 'CALL', 'STATE', 'GROUP', 'ATTEMPTS', 'FALLBACKS', 'LAST ERROR'], rows);
}

function retryTable(calls: readonly ListedCall[]): string {
  const rows = calls.map(({ callId, description }) => {
    const pending = description?.pending ?? null;
    if (pending === null) return [callId];
    const { group, attempt, state, nextAttemptAt } = pending;
    const untilKnown = (state === 'waiting' || state === 'gated') && nextAttemptAt !== null;
    const until = untilKnown ? untilTime(nextAttemptAt) : state;
    return [callId, group, String(attempt), until, whyItWaits(pending)];
  });
  return table(['CALL', 'GROUP', 'ATTEMPT', 'WAITS UNTIL', 'WHY'], rows);
}
