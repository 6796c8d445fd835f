import type { BoardStatus, HoldStatus, ProviderStatus } from '../core/deployments/board-status.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { oneLine } from './printable.js';
import { table } from './table.js';
import { duration, localTime, untilTime } from './times.js';
import { withClient } from './with-client.js';

interface ProvidersOptions extends GlobalOptions {
  json?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .option('--json', 'machine-readable')
    .addHelpText('after', examples('holdfast providers', 'holdfast providers --json | jq .deployments'))
    .action(async () => {
      const options = command.optsWithGlobals<ProvidersOptions>();
      const status = await withClient(options, (client) => client.providers());
      console.log(options.json === true ? JSON.stringify(status, null, 2) : providersText(status, new Date()));
    });
};

const HEADINGS = ['DEPLOYMENT', 'STATE', 'IN FLIGHT', 'WAITING', 'RPM', 'TPM', 'OK', 'P50'];

/** Within 80 columns, but for long names: a line of numbers for each deployment, and below it what is to be said of it. */
export function providersText({ deployments, holds }: BoardStatus, now: Date): string {
  const lines = table(HEADINGS, deployments.map(numbersOf), Infinity).split('\n');
  const told = deployments.flatMap((each, index) => [lines[index + 1] ?? '', ...wordsOn(each, now)]);
  const shown = deployments.length === 0 ? ['no calls in the last minutes'] : [lines[0] ?? '', ...told];
  return [...shown, ...heldOtherwise({ deployments, holds }).map((hold) => targetText(hold, now))].join('\n');
}

/** What no call asks at the moment, a line each. */
export function heldOrCooling({ deployments, holds }: BoardStatus, now: Date): string[] {
  const cooling = deployments.flatMap(({ deployment, until, hold }) =>
    hold === null && until !== null ? [cut(`${deployment} cools until ${untilTime(new Date(until), now)}`)] : [],
  );
  return [...holds.map((hold) => targetText(hold, now)), ...cooling];
}

function heldOtherwise({ deployments, holds }: BoardStatus): HoldStatus[] {
  return holds.filter(({ target }) => deployments.every(({ hold }) => hold?.target !== target));
}

function targetText(hold: HoldStatus, now: Date): string {
  return cut(`${hold.kind} ${hold.target} is ${heldText(hold, now)}`);
}

function numbersOf(of: ProviderStatus): string[] {
  return [
    of.deployment,
    of.state === 'closed' ? 'ok' : of.state,
    ofLimit(of.inFlight, of.maxParallelRequests),
    String(of.waiting),
    ofLimit(of.requestsInMinute, of.rpm),
    ofLimit(of.tokensInMinute, of.tpm),
    of.successRate === null ? '' : `${Math.round(of.successRate * 100)}%`,
    of.p50Ms === null ? '' : duration(of.p50Ms),
  ];
}

function ofLimit(used: number, limit: number | null): string {
  return limit === null ? String(used) : `${used}/${limit}`;
}

function wordsOn({ group, provider, host, until, hold, lastError }: ProviderStatus, now: Date): string[] {
  const whose = [...(provider === null ? [] : [provider]), ...(host === null ? [] : [`at ${host}`])].join(' ');
  return [
    ...(group === null ? [] : [`group ${group}: ${whose}`]),
    ...(until === null ? [] : [`cools until ${untilTime(new Date(until), now)}`]),
    ...(hold === null ? [] : [heldText(hold, now)]),
    ...(lastError === null ? [] : [`last error at ${localTime(new Date(lastError.at), now)}: ${errorText(lastError)}`]),
  ].map((line) => cut(`  ${line}`));
}

function heldText({ by, since, why }: NonNullable<ProviderStatus['hold']>, now: Date): string {
  return `held by ${by} since ${localTime(new Date(since), now)}: ${why}`;
}

function errorText({ kind, status, message }: NonNullable<ProviderStatus['lastError']>): string {
  return `${kind} (${status}) ${message}`;
}

/** The whole is in the JSON. */
function cut(line: string): string {
  const text = oneLine(line);
  const indented = line.startsWith('  ') ? `  ${text}` : text;
  return indented.length <= COLUMNS ? indented : `${indented.slice(0, COLUMNS - 1)}…`;
}

const COLUMNS = 80;
