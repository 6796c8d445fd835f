import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { MAX_HISTORY_BYTES } from '../../src/core/common/limits.js';
import { anonymous, withClient } from '../helpers/call-history.js';
import { waitFor } from '../helpers/wait-for.js';
import { ask, FAILED_CALLS, LARGE_PROMPT } from './failed-calls.js';
import { openOwnWorker, type OwnWorker } from './own-worker.js';

const AS_ACTIVITIES = { runAs: 'activities' } as const;

/** As long as Temporal takes one. */
const NOTE = 'n'.repeat(1_900_000);
/** 40 MB go to the server, and to a worker. */
const LARGE = { timeout: 600_000 };

/** A workflow that makes calls, as one of a release did: workflows of that time may still run. */
const RECORDED = new URL(`../replay/histories/own-worker/`, import.meta.url);

let own: OwnWorker;
beforeAll(async () => {
  own = await openOwnWorker();
});
afterAll(() => own.close());

/** The activities of a workflow, and its children. */
async function stepsOf(workflow: WorkflowHandle) {
  const { events } = await workflow.fetchHistory();
  return {
    activities: events?.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityId ?? []),
    children: events?.flatMap((event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId ?? []),
  };
}

describe('a call as activities of its workflow', () => {
  test('is answered after a retry, by an activity that is known by its call and its group', async () => {
    const workflow = await own.start('together', [ask('flaky', 'Which bird is this?')], AS_ACTIVITIES);
    expect(await workflow.result()).toEqual([['Echo: Which bird is this?', 2, 'flaky']]);
    expect(await stepsOf(workflow)).toEqual({ activities: ['call-1/flaky'], children: [] });
    await own.replay(workflow);
  });

  test('falls back: the next group is the next activity', async () => {
    const workflow = await own.start('together', [ask('tired')], AS_ACTIVITIES);
    expect(await workflow.result()).toEqual([['Echo: Hello', 3, 'good']]);
    expect(await stepsOf(workflow)).toMatchObject({ activities: ['call-1/tired', 'call-1/good'] });
    await own.replay(workflow);
  });

  test('may run beside others, in the same group', async () => {
    const requests = ['one', 'two', 'three'].map((content) => ask('good', content));
    const workflow = await own.start('together', [...requests, ask('tired', 'four')], AS_ACTIVITIES);
    expect(await workflow.result()).toEqual([
      ['Echo: one', 1, 'good'],
      ['Echo: two', 1, 'good'],
      ['Echo: three', 1, 'good'],
      ['Echo: four', 3, 'good'],
    ]);
    const { activities } = await stepsOf(workflow);
    expect(activities?.toSorted()).toEqual([
      'call-1/good',
      'call-2/good',
      'call-3/good',
      'call-4/good',
      'call-4/tired',
    ]);
    await own.replay(workflow);
  });

  test('may have as large a prompt as external storage takes', async () => {
    const workflow = await own.start('caught', ask('good', LARGE_PROMPT), AS_ACTIVITIES);
    expect(await workflow.result()).toEqual({ answer: expect.stringContaining('Echo: xxx') });
    await own.replay(workflow);
  });

  test.each(FAILED_CALLS)('that fails by $what is told apart from others', async ({ request, expected }) => {
    const workflow = await own.start('caught', request, AS_ACTIVITIES);
    expect(await workflow.result()).toMatchObject({ ...expected, callId: `${workflow.workflowId}/call-1` });
    await own.replay(workflow);
  });

  test('that fails, and nobody catches it, fails the workflow with its kind', async () => {
    const workflow = await own.start('uncaught', ask('bad'), AS_ACTIVITIES);
    await expect(workflow.result()).rejects.toMatchObject({
      cause: { type: 'BadRequestError', details: [{ kind: 'BadRequestError', report: { attempts: 1 } }] },
    });
  });

  test('ends with its scope, with its workflow, and when that ends or continues as new: its request is aborted', async () => {
    const requests = () => own.provider.requestsFor('slow-up');
    const before = requests().length;
    const workflows = await Promise.all(
      ['givesUp', 'caught', 'leaves'].map((type) => own.start(type, ask('slow'), AS_ACTIVITIES)),
    );
    const [givesUp, caught, leaves] = workflows as [WorkflowHandle, WorkflowHandle, WorkflowHandle];
    const renews = await own.start('renews', ask('slow'));
    await waitFor(() => requests().length === before + 4);
    await Promise.all([...[givesUp, leaves, renews].map((workflow) => workflow.signal('go on')), caught.cancel()]);
    expect(await givesUp.result()).toBe('given up');
    await expect(caught.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await leaves.result();
    expect(await renews.result()).toBe('renewed');
    await waitFor(() => requests().every(({ abortedAt }) => abortedAt !== undefined));
    await own.replay(givesUp);
  });

  test.each([
    {
      what: 'it may come to a gate',
      request: ask('asking'),
      options: {},
      message: /may fall back to dear, which asks before \(fallback_approval\).*run it as a child workflow/,
    },
    {
      what: 'it is given an id',
      request: ask('good'),
      options: { callId: 'mine' },
      message: /^callId: a call as activities has none.*run the call as a child workflow/,
    },
    {
      what: 'it is given what only children have',
      request: ask('good'),
      options: { parentClosePolicy: 'ABANDON' },
      message: /^parentClosePolicy: a call as activities has none/,
    },
    {
      what: 'it is to run in another way',
      request: ask('good'),
      options: { runAs: 'activity' },
      message: /^runAs: expected 'childWorkflow' or 'activities'$/,
    },
  ])('is refused where $what', async ({ request, options, message }) => {
    const workflow = await own.start('caught', request, { ...AS_ACTIVITIES, ...options });
    expect(await workflow.result()).toMatchObject({
      kind: 'BadRequestError',
      message: expect.stringMatching(message),
    });
  });

  test('begins in a group that asks only who falls back to it', async () => {
    const workflow = await own.start('caught', ask('dear'), AS_ACTIVITIES);
    expect(await workflow.result()).toEqual({ answer: 'Echo: Hello' });
  });
});

describe('a worker without the plugin', () => {
  const startElsewhere = (...args: [type: string, ...args: unknown[]]) =>
    own.startOn(`${own.taskQueue}-without-plugin`, ...args);
  beforeAll(() => own.addWithoutPlugin(`${own.taskQueue}-without-plugin`));

  test('has its calls made by the workers of another task queue', async () => {
    const options = { ...AS_ACTIVITIES, taskQueue: own.taskQueue };
    const workflow = await startElsewhere('together', [ask('tired')], options);
    expect(await workflow.result()).toEqual([['Echo: Hello', 3, 'good']]);
    await own.replay(workflow);
  });

  test.each([
    ['activities', /^a worker of task queue .* has not the activities of Holdfast: give it HoldfastPlugin/],
    ['childWorkflow', /^the worker that took call .* has not the activities of Holdfast: give it HoldfastPlugin/],
  ])('is told so, where nobody else is named: %s', async (runAs, message) => {
    const workflow = await startElsewhere('caught', ask('good'), { runAs });
    expect(await workflow.result()).toMatchObject({
      kind: 'InternalServerError',
      message: expect.stringMatching(message),
    });
  });

  test.each(['activities', 'childWorkflow'])('has no place for a large prompt: %s', async (runAs) => {
    const options = { runAs, taskQueue: own.taskQueue };
    const workflow = await startElsewhere('caught', ask('good', LARGE_PROMPT), options);
    expect(await workflow.result()).toMatchObject({ kind: 'RequestTooLargeError' });
  });

  test('is told when no worker took the call within its timeout', async () => {
    const options = { ...AS_ACTIVITIES, taskQueue: `${own.taskQueue}-of-nobody` };
    const workflow = await startElsewhere('caught', { ...ask('good'), timeout: 1 }, options);
    expect(await workflow.result()).toMatchObject({ kind: 'Timeout', status: 408 });
  });

  test('is told the same when the workers went away before they took a group', async () => {
    const taskQueue = `${own.taskQueue}-once`;
    const request = { ...ask('good'), timeout: 2 };
    // It is there before: what nobody takes in time is never resolved.
    const resolved = own.resolveOnce(taskQueue, request);
    const workflow = await startElsewhere('caught', request, { ...AS_ACTIVITIES, taskQueue });
    await resolved;
    expect(await workflow.result()).toMatchObject({ kind: 'Timeout', status: 408 });
  });
});

describe('a workflow that makes many calls', () => {
  test('of 200 turns stays below 10 MB of history, where its requests have more', async () => {
    const workflow = await own.start('converses', 200, 250, AS_ACTIVITIES);
    expect(await workflow.result()).toBeGreaterThan(10e6);
    const { historySize } = await workflow.describe();
    expect(historySize).toBeLessThan(3e6);
  });

  test('makes none when Temporal would end it for the length of its history', LARGE, async () => {
    const taskQueue = `${own.taskQueue}-later`;
    const { workflowId } = await own.startOn(taskQueue, 'caught', ask('good'));
    await withClient(async (plain) => {
      // Not to external storage, and no worker reads them one by one.
      const workflow = plain.workflow.getHandle(workflowId);
      for (let sent = 0; sent <= MAX_HISTORY_BYTES; sent += NOTE.length) await workflow.signal('note', NOTE);
    });
    await own.addWithoutPlugin(taskQueue);
    const workflow = own.client.workflow.getHandle(workflowId);
    expect(await workflow.result()).toMatchObject({
      kind: 'RequestTooLargeError',
      message: expect.stringMatching(/^the history of workflow .* ends it at 50 MB\. Continue as new, or /),
    });
  });
});

test('workflows of earlier releases with such calls replay', async () => {
  const workflow = await own.start('together', [ask('flaky'), ask('tired'), ask('good')], AS_ACTIVITIES);
  await workflow.result();
  if (process.env['RECORD_HISTORIES'] === '1') {
    mkdirSync(RECORDED, { recursive: true });
    const file = new URL(`together-${packageJson.version}.json`, RECORDED);
    writeFileSync(file, anonymous(historyToJSON(await workflow.fetchHistory())));
  }
  await own.replayJson(readFileSync(new URL('together-0.1.0.json', RECORDED), 'utf8'));
});
