import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCallModelGroup } from '../../src/activities/call-model-group.js';
import { HandOvers } from '../../src/activities/hand-overs.js';
import { RunningAttempts } from '../../src/activities/running-attempts.js';
import type { CallEvent } from '../../src/callbacks/events.js';
import { systemClock, systemRandom, type Clock } from '../../src/clock.js';
import type { LoadedConfig } from '../../src/config/index.js';
import type { CallModelGroupInput, CallModelGroupOutput, GroupFailure } from '../../src/core/call/call-types.js';
import type { OperationalSettings } from '../../src/core/deployments/operational.js';
import type { RoutingConfig } from '../../src/core/plan/settings.js';
import type { GroupProgress } from '../../src/core/retries/progress.js';
import { RowMemory } from '../../src/providers/row-memory.js';
import type { CallProvider, ProviderAnswer } from '../../src/providers/call-provider.js';
import { createCooldowns, type Cooldowns } from '../../src/providers/cooldowns.js';
import { RecentLog } from '../../src/providers/recent-log.js';
import type { SharedBoard } from '../../src/providers/shared-board.js';
import { createLimiter, type Limiter } from '../../src/providers/limiter.js';
import { createSlots, type Slots } from '../../src/providers/slots.js';
import { LocalStreams } from '../../src/streaming/local-streams.js';
import { groupPlan, outlook } from '../core/build.js';

export const ANSWER: ProviderAnswer = {
  facts: null,
  response: { choices: [1] },
  status: 200,
  requestId: 'r1',
  providerHeaders: {},
  tokens: null,
};

/** What the environment calls the workflow of an activity. */
export const CALL_ID = 'test';

export const LIMITED = {
  facts: {
    cause: { type: 'http', status: 429, error: { message: 'slow down' } },
    phase: 'reading the answer',
    headers: { 'retry-after': '7' },
  },
} as const;

/** A provider that must not be asked. */
export const never: CallProvider = () => {
  throw new Error('no provider may be asked');
};

const input = (set: Partial<CallModelGroupInput> = {}): CallModelGroupInput => ({
  operation: 'chat.completions',
  body: { messages: [] },
  plan: groupPlan(),
  walk: outlook(),
  deadlineMs: null,
  retriesLeftAtStart: null,
  ...set,
});

interface Run {
  /** Temporal's number of the attempt. @default 1 */
  attempt?: number;
  heartbeatDetails?: GroupProgress;
  known?: readonly string[];
  /** The groups of the worker's config. @default none that matters */
  groups?: RoutingConfig['groups'];
  unserved?: Readonly<Record<string, string>>;
  answer?: CallProvider;
  its?: Partial<CallModelGroupInput>;
  drained?: AbortSignal;
  cooldowns?: Cooldowns;
  slots?: Slots;
  callers?: Limiter;
  clock?: Clock;
  /** @default nothing is heard of others */
  board?: Pick<SharedBoard, 'word' | 'holdOf'>;
  /** What waits for the activity. @default nothing */
  handOvers?: HandOvers;
}

const NO_LIMITS: OperationalSettings = { deployments: {} };

const ALONE: Pick<SharedBoard, 'word' | 'holdOf'> = { word: () => null, holdOf: () => undefined };

/** A line in which all have what is given, and nothing that has failed. */
export function slotsOf(take: Slots['take']): Slots {
  return { take, takeReturn: () => null, isBusy: () => false };
}

const noRow = () => Promise.reject(new Error('this call is no row of a batch'));

/** What a worker makes attempts with, and every event that callbacks are told. */
export function attemptsOf({
  known = ['a1'],
  groups = {},
  unserved = {},
  answer = async () => ANSWER,
  drained,
  cooldowns = createCooldowns(NO_LIMITS),
  slots = createSlots(NO_LIMITS),
  callers = createLimiter(),
  clock = systemClock,
  board = ALONE,
}: Run) {
  const events: CallEvent[] = [];
  const connection = { provider: 'openai', apiBase: 'http://x', apiKey: 'k', params: {} };
  const running = new RunningAttempts();
  const attempts = {
    config: {
      connections: Object.fromEntries(known.map((id) => [id, connection])),
      unserved,
      secrets: [],
      routing: { groups, aliases: {} },
    } as unknown as LoadedConfig,
    callProvider: answer,
    rowMemory: new RowMemory(),
    clock,
    random: systemRandom,
    jitter: systemRandom,
    drained: drained ?? new AbortController().signal,
    cooldowns,
    slots,
    callers,
    board,
    recent: new RecentLog(systemClock.now),
    callbacks: { notify: (event: CallEvent) => void events.push(event) },
    observer: { began: () => () => undefined, waits: () => undefined, lost: () => undefined, row: () => undefined },
    streams: new LocalStreams(),
    running,
  };
  return { attempts, running, events };
}

/** One attempt of the activity, with every heartbeat of it. */
export function run({
  attempt = 1,
  heartbeatDetails,
  its = {},
  handOvers = new HandOvers(systemClock),
  ...worker
}: Run) {
  const beats: GroupProgress[] = [];
  const environment = new MockActivityEnvironment({ attempt, heartbeatDetails, heartbeatTimeoutMs: 10_000 });
  environment.on('heartbeat', (details: GroupProgress) => beats.push(details));
  const { attempts, running, events } = attemptsOf(worker);
  const activity = createCallModelGroup(attempts, { bodyOf: noRow, keepAnswer: noRow }, handOvers);
  const output = environment.run(activity, input(its)) as Promise<CallModelGroupOutput>;
  return { environment, running, beats, events, output };
}

export async function thrownBy(output: Promise<unknown>): Promise<ApplicationFailure & { details: [GroupFailure] }> {
  const error = await output.then(
    () => new Error('it answered'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  return error as ApplicationFailure & { details: [GroupFailure] };
}
