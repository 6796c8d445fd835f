import { Option } from 'commander';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { CallState } from '../client/describe-call.js';
import type { ListedCall, ListOptions } from '../client/list-calls.js';
import { callState } from '../client/describe-call.js';
import { listedJson, whyItWaits } from '../client/call-json.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { wholeNumber } from './option-values.js';
import { table } from './table.js';
import { localTime, untilTime } from './times.js';
import { withClient } from './with-client.js';

interface ListCliOptions extends GlobalOptions {
  retrying?: string;
  gate?: string;
  state?: NonNullable<ListOptions['state']>;
  limit: number;
  json?: true;
}

const STATES = ['running', 'answered', 'failed', 'cancelled'] as const satisfies readonly CallState[];

const DEFAULT_LIMIT = 20;

export const configure: ConfigureCommand = (command) => {
  command
    .addOption(new Option('--retrying <group>', 'calls that are being retried in this model group').conflicts('state'))
    .addOption(
      new Option('--gate <group>', 'calls that wait at the gate before this model group').conflicts([
        'state',
        'retrying',
      ]),
    )
    .addOption(new Option('--state <state>', 'calls in this state').choices(STATES))
    .option('--limit <n>', 'at most so many', wholeNumber(1), DEFAULT_LIMIT)
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      examples('holdfast list', 'holdfast list --retrying gpt-4o', 'holdfast list --state failed --json'),
    )
    .action(async () => {
      const options = command.optsWithGlobals<ListCliOptions>();
      const { retrying, gate, state, limit } = options;
      const { calls, more } = await withClient(options, (client) => listed(client, { retrying, gate, state, limit }));
      const isDescribed = retrying !== undefined || gate !== undefined;
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
  { retrying, gate, state, limit }: Pick<ListOptions, 'retrying' | 'gate' | 'state'> & { readonly limit: number },
): Promise<Listed> {
  const calls: ListedCall[] = [];
  for await (const call of client.list({ retrying, gate, state, limit: limit + 1 })) calls.push(call);
  if (calls.length <= limit) return { calls, more: null };
  const isCounted = retrying === undefined && gate === undefined;
  const more = isCounted ? Math.max(1, (await client.count({ state })) - limit) : 'some';
  return { calls: calls.slice(0, limit), more };
}

function noneText({ retrying, gate }: ListCliOptions): string {
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
