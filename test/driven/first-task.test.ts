import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { historyJson } from '../helpers/call-history.js';
import { startService } from '../../src/cli/start-service.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { callOf, SOON_MS } from './driving-gateway.js';

const CONFIG = {
  model_list: [
    { model_name: 'fast', litellm_params: { model: 'openai/fast', api_base: 'MOCK', api_key: 'sk-mock' } },
    { model_name: 'smart', litellm_params: { model: 'openai/smart', api_base: 'MOCK', api_key: 'sk-mock' } },
  ],
  router_settings: {
    retry_after: 0,
    num_retries: 2,
    fallbacks: [{ fast: ['smart'] }],
    model_group_alias: { quick: 'fast' },
  },
};

const GOOD = { fast: [{}], smart: [{}] };

/** A slow machine must not hand over what it answers in time: it has a task for 10 s. */
const LATE_MS = 8_000;

const open = (holdMs: number): Promise<TestGateway> =>
  openGateway(CONFIG, GOOD, {}, (options) => startService({ ...options, holdMs }));

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await open(LATE_MS);
});
beforeEach(() => {
  gateway.provider.reset();
  gateway.provider.setScript(GOOD);
});
afterAll(() => gateway.close());

interface Event {
  readonly eventType: string;
}

async function eventsOf(callId: string): Promise<string[]> {
  const text = await historyJson(callId);
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: inject('workflowBundlePath') } },
    JSON.parse(text) as object,
    callId,
  );
  const { events } = JSON.parse(text) as { events: Event[] };
  return events.map(({ eventType }) => eventType.replace('EVENT_TYPE_', ''));
}

const ask = (model: string, more: object = {}, headers: Record<string, string> = {}, at = gateway) =>
  at.fetch('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content: 'hi' }], ...more },
    headers,
  });

const callIdOf = (response: Response) => response.headers.get('x-litellm-call-id') ?? '';

/** What each call begins with. */
const FIRST_TASK = [
  'WORKFLOW_EXECUTION_STARTED',
  'WORKFLOW_TASK_SCHEDULED',
  'WORKFLOW_TASK_STARTED',
  'WORKFLOW_TASK_COMPLETED',
];
const ANSWERED_AT_ONCE = [...FIRST_TASK, 'WORKFLOW_EXECUTION_COMPLETED'];
const GROUP = [
  'ACTIVITY_TASK_SCHEDULED',
  'ACTIVITY_TASK_STARTED',
  'ACTIVITY_TASK_COMPLETED',
  'WORKFLOW_TASK_SCHEDULED',
  'WORKFLOW_TASK_STARTED',
  'WORKFLOW_TASK_COMPLETED',
];

const outcomes = async (callId: string) => {
  const { ledger } = await gateway.client.handle(callId).inspect();
  return ledger.entries.map(({ group, outcome, kind }) => [group, outcome, kind].filter(Boolean).join(' '));
};

test('an answer ends the call with its first workflow task', TIMED, async () => {
  const response = await ask('fast');
  expect(response.status).toBe(200);
  const callId = callIdOf(response);
  expect(await eventsOf(callId)).toEqual(ANSWERED_AT_ONCE);
  expect(await outcomes(callId)).toEqual(['fast answered']);
  expect(gateway.provider.requests).toHaveLength(1);
});

test('the same key again gets the same answer, and the provider is asked once', async () => {
  const headers = { 'idempotency-key': randomUUID() };
  const [first, second] = await Promise.all([ask('fast', {}, headers), ask('fast', {}, headers)]);
  const third = await ask('fast', {}, headers);
  const answers = await Promise.all([first, second, third].map((response) => response.text()));
  expect(new Set(answers).size).toBe(1);
  expect(gateway.provider.requests).toHaveLength(1);
});

test('an alias is listed as its group, and has no event more', TIMED, async () => {
  const response = await ask('quick');
  const callId = callIdOf(response);
  expect(await eventsOf(callId)).toEqual(ANSWERED_AT_ONCE);
  expect(await gateway.client.handle(callId).describe()).toMatchObject({ group: 'fast', state: 'answered' });
});

test('a failure leaves the call to the activity of its group, which delivers what was decided', TIMED, async () => {
  gateway.provider.setScript({ ...GOOD, fast: [{ status: 500 }, {}] });
  const response = await ask('fast');
  expect(response.status).toBe(200);
  const callId = callIdOf(response);
  expect(await outcomes(callId)).toEqual(['fast failed InternalServerError', 'fast answered']);
  expect(await eventsOf(callId)).toEqual([
    ...FIRST_TASK,
    ...GROUP,
    'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
    'WORKFLOW_EXECUTION_COMPLETED',
  ]);
  expect(gateway.provider.requests).toHaveLength(2);
});

test('a group that gives up at once is followed by its fallback', TIMED, async () => {
  gateway.provider.setScript({ ...GOOD, fast: [{ status: 400 }] });
  const response = await ask('fast');
  expect(response.status).toBe(200);
  expect(await outcomes(callIdOf(response))).toEqual(['fast failed BadRequestError', 'smart answered']);
  await eventsOf(callIdOf(response));
  expect(gateway.provider.requests).toHaveLength(2);
});

test('an attempt that lasts goes on as an activity of this process', TIMED, async () => {
  const soon = await open(SOON_MS);
  try {
    soon.provider.setScript({ ...GOOD, fast: [{ hold: true }] });
    const answer = ask('fast', {}, {}, soon);
    const callId = await waitFor(() => callOf(soon, 'fast'));
    await waitFor(async () => (await soon.client.handle(callId).describe()).pending);
    soon.provider.release();
    expect((await answer).status).toBe(200);
    expect(await outcomes(callId)).toEqual(['fast answered']);
    expect(await eventsOf(callId)).toEqual([...FIRST_TASK, ...GROUP, 'WORKFLOW_EXECUTION_COMPLETED']);
    expect(soon.provider.requests).toHaveLength(1);
  } finally {
    await soon.close();
  }
});

test('of a stream each piece is passed on as it comes', TIMED, async () => {
  const response = await ask('fast', { stream: true });
  const text = await response.text();
  expect(text).toContain('[DONE]');
  expect(await eventsOf(callIdOf(response))).toEqual(ANSWERED_AT_ONCE);
});

describe('with durability on-failure', () => {
  const headers = { 'x-holdfast-durability': 'on-failure' };

  test('a call whose first attempt answers is no workflow', async () => {
    const response = await ask('fast', {}, headers);
    expect(response.status).toBe(200);
    await expect(gateway.client.handle(callIdOf(response)).describe()).rejects.toMatchObject({ kind: 'NotFoundError' });
    expect(response.headers.get('x-litellm-attempted-retries')).toBe('0');
  });

  test('one whose first attempt fails is a workflow that has the attempt', async () => {
    gateway.provider.setScript({ ...GOOD, fast: [{ status: 500 }, {}] });
    const response = await ask('fast', {}, headers);
    expect(response.status).toBe(200);
    expect(await outcomes(callIdOf(response))).toEqual(['fast failed InternalServerError', 'fast answered']);
    await eventsOf(callIdOf(response));
    expect(gateway.provider.requests).toHaveLength(2);
  });

  test('one with an idempotency key is a workflow from the start', TIMED, async () => {
    const response = await ask('fast', {}, { ...headers, 'idempotency-key': randomUUID() });
    expect(await eventsOf(callIdOf(response))).toEqual(ANSWERED_AT_ONCE);
  });

  test.each([
    ['that answers', [{}]],
    ['that is retried', [{ status: 500 }, {}]],
  ])('a stream %s', async (_what, fast) => {
    gateway.provider.setScript({ ...GOOD, fast });
    const response = await ask('fast', { stream: true }, headers);
    const text = await response.text();
    expect(text).toContain('[DONE]');
    expect(text).not.toContain('"error"');
  });

  test('a word that is none is refused', async () => {
    const response = await ask('fast', {}, { 'x-holdfast-durability': 'never' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('x-holdfast-durability: expected always or on-failure');
  });
});
