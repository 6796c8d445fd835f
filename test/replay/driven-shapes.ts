import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import { startService } from '../../src/cli/start-service.js';
import { FirstTaskAnswers } from '../../src/driven/first-task-answers.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { callsOf } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';
import { CONFIG, SCRIPT } from './shapes.js';

/** A gateway whose process makes first attempts, and hands them over soon. */
export const openDriven = (): Promise<TestGateway> =>
  openGateway(CONFIG, { ...SCRIPT, 'hanging-up': 'held' }, {}, (options) => startService({ ...options, holdMs: 300 }));

/** Runs a call to its end; returns its id. */
async function call(gateway: TestGateway, model: string, more: object = {}, headers: Record<string, string> = {}) {
  const json = { model, messages: [{ role: 'user', content: 'Which bird is this?' }], ...more };
  const response = await gateway.fetch('/v1/chat/completions', { json, headers });
  await response.text();
  return response.headers.get('x-litellm-call-id') ?? '';
}

/** Runs a call whose attempt lasts until something has been done with the call, in its activity. */
async function handedOver(gateway: TestGateway, model: string, meanwhile: (callId: string) => void | Promise<void>) {
  const ended = call(gateway, model);
  const running = await waitFor(async () => {
    for (const callId of await callsOf(gateway.taskQueue, 'Running')) {
      const { state, pending } = await gateway.client.handle(callId).describe();
      if (state === 'running' && pending !== null) return callId;
    }
    return null;
  });
  await meanwhile(running);
  return ended;
}

/** One call of each shape that a first attempt beside the first workflow task gives a history. Each returns the call's id. */
export const DRIVEN_SHAPES: Record<string, (gateway: TestGateway) => Promise<string>> = {
  'llm-call-driven-answered': async (gateway) => call(gateway, 'good'),
  'llm-call-driven-alias': async (gateway) => call(gateway, 'best'),
  'llm-call-driven-retried': async (gateway) => call(gateway, 'again'),
  'llm-call-driven-stream': async (gateway) => call(gateway, 'good', { stream: true }),
  'llm-call-driven-on-failure': async (gateway) =>
    call(gateway, 'flaky', {}, { 'x-holdfast-durability': 'on-failure' }),
  'llm-call-driven-handed-over': async (gateway) => handedOver(gateway, 'hanging', () => gateway.provider.release()),
  'llm-call-driven-cancelled': async (gateway) =>
    handedOver(gateway, 'hanging', async (callId) => gateway.client.handle(callId).cancel()),
  // A worker that takes the activity tells of the first attempt at once: this one goes where none does.
  'llm-call-driven-told-nothing': async (gateway) => {
    // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
    const { schedule } = FirstTaskAnswers.prototype;
    vi.spyOn(FirstTaskAnswers.prototype, 'schedule').mockImplementationOnce(function (
      this: FirstTaskAnswers,
      task,
      activity,
    ) {
      return schedule.call(this, task, { ...activity, taskQueue: `nobody-${randomUUID()}`, eager: false });
    });
    return handedOver(gateway, 'limited', async (callId) =>
      gateway.client.handle(callId).act('fail', { by: 'anna@desk', why: 'enough' }),
    );
  },
  // As a killed process, one whose answer does not arrive leaves the call to the timeout of its first task.
  'llm-call-driven-lost': async (gateway) => {
    vi.spyOn(FirstTaskAnswers.prototype, 'complete').mockRejectedValueOnce(new Error('lost on its way'));
    return call(gateway, 'good');
  },
};
