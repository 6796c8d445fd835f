import type { ActivityExecuteInput } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { FirstAttempts } from '../../src/activities/first-attempts.js';
import { HandOvers } from '../../src/activities/hand-overs.js';
import type { LoadedConfig } from '../../src/config/index.js';
import type { FirstTaskInput } from '../../src/core/call/call-types.js';
import { callPlan } from '../core/build.js';
import { FAST, group, openHoldfast } from '../helpers/holdfast.js';
import { clockAt } from './clock-at.js';
import { ANSWER, attemptsOf, slotsOf } from './run-attempt.js';

const request = { model: 'a', messages: [{ role: 'user' as const, content: 'Which bird is this?' }] };

test('a first attempt in the first workflow task is told the priority of its call', async () => {
  const given: FirstTaskInput[] = [];
  const inbound = {
    execute: (input: ActivityExecuteInput, next: (input: ActivityExecuteInput) => Promise<unknown>) => {
      given.push(input.args[0] as FirstTaskInput);
      return next(input);
    },
  };
  const config = { model_list: group('a'), router_settings: FAST };
  const holdfast = await openHoldfast(config, {}, { interceptors: { activity: [() => ({ inbound })] } });
  try {
    await (await holdfast.client.start(request, { owner: 'small' })).result();
    expect(given[0]?.priority).toMatchObject({ fairnessKey: 'small' });
  } finally {
    await holdfast.close();
  }
});

test('a first attempt in the first workflow task stands in the line among those of its key', async () => {
  const flows: string[] = [];
  const slots = slotsOf(async (_, { flow }) => {
    flows.push(flow);
    return { waitMs: null, release: () => {}, giveBack: () => {} };
  });
  const { clock } = clockAt(0);
  const { attempts } = attemptsOf({ clock, slots, answer: async () => ANSWER });
  const deps = { ...attempts, config: { ...attempts.config, gateway: {} as LoadedConfig['gateway'] } };
  const firstAttempts = new FirstAttempts({ ...deps, stopping: new AbortController().signal }, new HandOvers(clock, 0));
  const input: FirstTaskInput = {
    operation: 'chat.completions',
    request,
    startedMs: 0,
    isRepeated: false,
    priority: { fairnessKey: 'small' },
  };
  const environment = new MockActivityEnvironment({ isLocal: true });
  await environment.run(() => firstAttempts.make(input, callPlan(['a'])));
  expect(flows).toEqual(['small']);
});
