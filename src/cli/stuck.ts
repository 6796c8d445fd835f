import type { StuckCalls, StuckGroup } from '../client/stuck-calls.js';
import { TemporalUnavailableError } from '../temporal/errors.js';
import type { BoardStatus } from '../core/deployments/board-status.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { heldOrCooling } from './providers.js';
import { table } from './table.js';
import { duration } from './times.js';
import { withClient } from './with-client.js';
import { wrapped } from './wrap.js';

interface StuckOptions extends GlobalOptions {
  json?: true;
}

/** What is to be seen in an incident. */
export interface Incident extends StuckCalls {
  /** Null: no worker is there to tell. */
  readonly providers: BoardStatus | null;
  readonly workers: number;
}

export const configure: ConfigureCommand = (command) => {
  command
    .option('--json', 'machine-readable')
    .addHelpText('after', examples('holdfast stuck', 'holdfast stuck --json | jq .groups'))
    .action(async () => {
      const options = command.optsWithGlobals<StuckOptions>();
      const incident = await withClient(options, async (client): Promise<Incident> => {
        const [stuck, providers, workers] = await Promise.all([
          client.stuck(),
          client.providers().catch(nullIfAway),
          client.workers(),
        ]);
        return { ...stuck, providers, workers: workers.length };
      });
      console.log(options.json === true ? JSON.stringify(incident, null, 2) : incidentText(incident, new Date()));
    });
};

function nullIfAway(error: unknown): null {
  if (error instanceof TemporalUnavailableError) return null;
  throw error;
}

const HEADINGS = ['CALLS', 'GROUP', 'STATE', 'OLDEST', 'NEXT DUE', 'RETRIES LEFT'];

const WIDTH = 80;

/** Within 80 columns, but for long names. */
export function incidentText(incident: Incident, now: Date): string {
  const { groups, providers } = incident;
  const lines = table(
    HEADINGS,
    groups.map((group) => numbersOf(group, now)),
    Infinity,
  ).split('\n');
  const told = groups.flatMap(({ waitsFor, oldestId }, index) => [
    lines[index + 1] ?? '',
    `  for ${waitsFor}`,
    `  the oldest: ${oldestId}`,
  ]);
  const away = providers === null ? [] : heldOrCooling(providers, now);
  const advice = adviceOn(incident);
  return [
    ...wrapped(countsOf(incident), WIDTH),
    ...(told.length === 0 ? [] : ['', lines[0] ?? '', ...told]),
    ...(away.length === 0 ? [] : ['', 'HELD OR COOLING', ...away]),
    ...(advice.length === 0 ? [] : ['', 'WHAT TO DO NEXT', ...advice.map(([what, how]) => `${what}:\n  ${how}`)]),
  ].join('\n');
}

function countsOf({ running, areMore, inFlight, waiting, notLookedAt }: Incident): string {
  const counted = [
    `${waiting} wait`,
    `${inFlight} have an attempt in flight`,
    ...(notLookedAt === 0 ? [] : [`${notLookedAt} were not looked at`]),
  ];
  return `${areMore ? 'more than ' : ''}${running} calls run: ${counted.join(', ')}`;
}

function numbersOf({ calls, group, state, oldestAt, nextAt, retriesLeft }: StuckGroup, now: Date): string[] {
  const dueMs = nextAt === null ? null : nextAt.getTime() - now.getTime();
  return [
    String(calls),
    group,
    state,
    duration(now.getTime() - oldestAt.getTime()),
    dueMs === null ? '' : dueMs <= 0 ? 'now' : `in ${duration(dueMs)}`,
    retriesLeft === null ? '' : rangeOf(retriesLeft),
  ];
}

function rangeOf({ least, most }: NonNullable<StuckGroup['retriesLeft']>): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

interface AdviceRow {
  readonly what: string;
  /** The command; null: it is not called for. */
  readonly how: (incident: Incident) => string | null;
}

const WHY = '--why "…"';

/** What helps, by what is seen. */
const ADVICE: readonly AdviceRow[] = [
  {
    what: 'No worker polls the task queue',
    how: ({ workers, running }) => (workers === 0 && running > 0 ? 'holdfast worker' : null),
  },
  {
    what: 'Release what is held, once it may be asked again',
    how: ({ providers }) => (providers?.holds[0] ? `holdfast release ${providers.holds[0].target}` : null),
  },
  {
    what: 'Let calls go on that were paused',
    how: (incident) => inGroup(incident, 'paused', (group) => `holdfast resume --retrying ${group} ${WHY}`),
  },
  {
    what: 'Say whether calls may fall back to a group that asks first',
    how: (incident) => inGroup(incident, 'gated', (group) => `holdfast approve --gate ${group} ${WHY}`),
  },
  {
    what: 'Let workflows go on that were paused in Temporal',
    how: ({ groups }) => {
      const paused = groups.find(({ state }) => state === 'workflow paused');
      return paused === undefined ? null : `holdfast temporal workflow unpause --workflow-id ${paused.oldestId}`;
    },
  },
  {
    what: 'See what the one that waits longest has been through',
    how: ({ groups }) => {
      const [oldest] = groups.toSorted((a, b) => a.oldestAt.getTime() - b.oldestAt.getTime());
      return oldest === undefined ? null : `holdfast inspect ${oldest.oldestId}`;
    },
  },
  {
    what: 'See what the calls of a group wait for, one by one',
    how: (incident) => inGroup(incident, 'waiting', (group) => `holdfast list --retrying ${group}`),
  },
  {
    what: 'Spare a provider that is down: nobody asks it until it is released',
    how: (incident) => inGroup(incident, 'waiting', (group) => `holdfast hold ${group} ${WHY}`),
  },
  {
    what: 'Move them to another model group',
    how: (incident) =>
      inGroup(incident, 'waiting', (group) => `holdfast use GROUP --retrying ${group} ${WHY} --ramp 10/s`),
  },
  {
    what: 'Give them more retries: the next failure ends some',
    how: ({ groups }) => {
      const last = groups.find(({ retriesLeft }) => retriesLeft?.least === 0);
      return last === undefined ? null : `holdfast extend --retrying ${last.group} --retries 5 ${WHY}`;
    },
  },
];

function inGroup({ groups }: Incident, state: StuckGroup['state'], how: (group: string) => string): string | null {
  const found = groups.find((each) => each.state === state);
  return found === undefined ? null : how(found.group);
}

function adviceOn(incident: Incident): (readonly [what: string, how: string])[] {
  return ADVICE.flatMap(({ what, how }) => {
    const command = how(incident);
    return command === null ? [] : [[what, command] as const];
  });
}
