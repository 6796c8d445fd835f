import { Option } from 'commander';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { CallInspection } from '../client/inspect-call.js';
import { pendingJson } from '../client/call-json.js';
import { uiAddress } from '../client/ui-address.js';
import { entryCount, totalTokens } from '../core/ledger/ledger.js';
import { temporalSettings } from '../temporal/settings.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { answerText } from './answer-text.js';
import { describeNow } from './describe-now.js';
import { examples, note } from './examples.js';
import { printable } from './printable.js';
import { endpointTable, ledgerTable } from './show-ledger.js';
import { pairs } from './table.js';
import { duration, localTime } from './times.js';
import { UsageError } from './usage-error.js';
import { withClient } from './with-client.js';

interface InspectCliOptions extends GlobalOptions {
  json?: true;
  answer?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', 'id of the call')
    .option('--json', 'machine-readable')
    .addOption(new Option('--answer', 'only the answer, as `holdfast call` prints it').conflicts('json'))
    .addHelpText(
      'after',
      note('`holdfast stuck` and `holdfast list` have ids. What to do with a call that waits: `holdfast --help`.'),
    )
    .addHelpText(
      'after',
      examples(
        'holdfast inspect call-7d4c…',
        'holdfast inspect call-7d4c… --answer',
        'holdfast inspect call-7d4c… --json | jq .ledger',
      ),
    )
    .action(async (callId: string) => {
      const options = command.optsWithGlobals<InspectCliOptions>();
      if (options.answer === true) {
        const answer = answerText(await withClient(options, (client) => answerOf(client, callId)));
        console.log(process.stdout.isTTY ? printable(answer) : answer);
        return;
      }
      const inspection = await withClient(options, (client) => client.handle(callId).inspect());
      const ui = uiAddress({ namespace: temporalSettings(options).namespace, callId });
      console.log(options.json === true ? json(inspection, ui) : text(inspection, ui));
    });
};

/** @throws UsageError while there is none; CallError of a call that has none, with the reason */
async function answerOf(client: HoldfastClient, callId: string): Promise<unknown> {
  const handle = client.handle(callId);
  const { state } = await handle.describe();
  if (state === 'running') throw new UsageError(`call ${callId} has no answer yet: see \`holdfast inspect ${callId}\``);
  return (await handle.result()).response;
}

function json(inspection: CallInspection, ui: string): string {
  const { pending, ...rest } = inspection;
  return JSON.stringify({ ...rest, pending: pendingJson(pending), ui }, null, 2);
}

function text(inspection: CallInspection, ui: string): string {
  const { callId, startedAt, closedAt, summary, ledger, state } = inspection;
  const took = duration((closedAt ?? new Date()).getTime() - startedAt.getTime());
  const head = pairs([
    ['call', callId],
    ['state', state],
    ['now', describeNow(inspection)],
    ...(summary === null ? [] : [['request', summary] as const]),
    ['started', `${localTime(startedAt)}, ${closedAt === null ? `${took} ago` : `took ${took}`}`],
    ['ui', ui],
  ]);
  const entries = entryCount(ledger) === 0 ? 'no attempt has ended yet' : ledgerTable(ledger);
  return [head, entries, endpointTable(ledger), counts(inspection)].filter((part) => part !== null).join('\n\n');
}

function counts({ report, ledger }: CallInspection): string {
  const { prompt, completion, total } = totalTokens(ledger);
  const tokens = `tokens ${prompt} + ${completion} = ${total}`;
  if (report === null) return `entries so far ${entryCount(ledger)} · ${tokens}`;
  const { attempts, retries, fallbacks, group, deployment, model } = report;
  const last = [deployment, model].filter((part) => part !== null).join(', ');
  return [
    `attempts ${attempts}`,
    `retries ${retries}`,
    `fallbacks ${fallbacks}`,
    `last group ${group}${last === '' ? '' : ` (${last})`}`,
    tokens,
  ].join(' · ');
}
