import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type ChatCompletionRequest } from '../../src/client.js';
import type { Script } from '../../src/mock-provider/index.js';
import { eventNames, historyText, searchAttributes } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, PLANTED_KEY, type TestHoldfast } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('flaky'),
    ...group('down'),
    ...group('spare'),
    ...group('small'),
    ...group('large'),
    ...group('pair', ['pair-one', 'pair-two']),
    ...group('bad-key'),
    ...group('slow', [{ model: 'openai/slow-up', timeout: 0.3 }]),
    ...group('hanging'),
  ],
  router_settings: {
    ...FAST,
    num_retries: 1,
    fallbacks: [{ down: ['ghost', 'spare'] }],
    context_window_fallbacks: [{ small: ['large'] }],
  },
};

const SCRIPT: Script = {
  'good-up': 'ok',
  'flaky-up': '500,ok',
  'down-up': '503',
  'spare-up': 'ok',
  'small-up': 'context',
  'large-up': 'ok',
  'pair-one': '401',
  'pair-two': '401',
  'bad-key-up': 'auth',
  'slow-up': 'hang',
  'hanging-up': 'hang',
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT);
});
afterAll(() => holdfast.close());

const ask = (model: string, settings: object = {}): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: 'Which bird is this?' }],
  ...settings,
});

async function failureOf(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    () => new Error('the call answered'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw error;
  return error;
}

const START = ['WorkflowExecutionStarted', 'WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'];
const WORKFLOW_TASK = ['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'];
const UPSERT = 'UpsertWorkflowSearchAttributes';

describe('a call', () => {
  test('that succeeds at once costs 12 events and one request', async () => {
    const handle = await holdfast.client.start(ask('good'));
    const { response, report } = await handle.result();
    expect(response.choices[0]?.message.content).toBe('Echo: Which bird is this?');
    expect(report).toMatchObject({ group: 'good', attempts: 1, retries: 0, fallbacks: 0, groupMaxRetries: null });
    expect(await eventNames(handle.callId)).toEqual([
      ...START,
      'MarkerRecorded',
      'ActivityTaskScheduled',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
      ...WORKFLOW_TASK,
      'WorkflowExecutionCompleted',
    ]);
    expect(holdfast.provider.callCount('good-up')).toBe(1);
    expect(await searchAttributes(handle.callId)).toEqual({ HoldfastGroup: 'good' });
  });

  test('that is retried has no further events for it, but a ledger and search attributes', async () => {
    const handle = await holdfast.client.start(ask('flaky'));
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 1, groupRetries: 1, groupMaxRetries: 1 });
    expect(report.ledger.entries).toMatchObject([
      { attempt: 1, outcome: 'failed', kind: 'InternalServerError', status: 500, next: { action: 'retry' } },
      { attempt: 2, outcome: 'answered', status: 200 },
    ]);
    expect(await eventNames(handle.callId)).toHaveLength(13);
    expect(await searchAttributes(handle.callId)).toEqual({
      HoldfastGroup: 'flaky',
      HoldfastServedGroup: 'flaky',
      HoldfastOutcome: 'answered',
      HoldfastAttempts: 2,
      HoldfastFallbacks: 0,
    });
  });

  test('falls back when its group gave up, for 7 events more, and passes over a group that does not exist', async () => {
    const handle = await holdfast.client.start(ask('down'));
    const { report } = await handle.result();
    expect(report).toMatchObject({ group: 'spare', attempts: 3, retries: 1, fallbacks: 1, groupRetries: 0 });
    expect(report.ledger.entries).toMatchObject([
      { group: 'down', attempt: 1, kind: 'ServiceUnavailableError', next: { action: 'retry' } },
      { group: 'down', attempt: 2, kind: 'ServiceUnavailableError', next: { action: 'give up' } },
      { group: 'ghost', outcome: 'note' },
      { group: 'spare', attempt: 1, outcome: 'answered' },
    ]);
    const events = await eventNames(handle.callId);
    expect(events).toHaveLength(12 + 1 + 7);
    expect(events.filter((name) => name === UPSERT)).toHaveLength(2);
    expect(holdfast.provider.callCount('down-up')).toBe(2);
    expect(await searchAttributes(handle.callId)).toMatchObject({
      HoldfastGroup: 'spare',
      HoldfastServedGroup: 'spare',
      HoldfastOutcome: 'answered',
      HoldfastErrorKind: 'ServiceUnavailableError',
      HoldfastAttempts: 3,
      HoldfastFallbacks: 1,
    });
  });

  test('goes to the context window fallback without a retry', async () => {
    const { report } = await holdfast.client.execute(ask('small'));
    expect(report).toMatchObject({ group: 'large', attempts: 2, retries: 0, fallbacks: 1 });
    expect(holdfast.provider.callCount('small-up')).toBe(1);
  });

  test('is tried on the other deployment after a 401, and fails with the last error', async () => {
    const error = await failureOf(holdfast.client.execute(ask('pair', { num_retries: 3 })));
    expect(error).toMatchObject({ name: 'AuthenticationError', kind: 'AuthenticationError', status: 401 });
    expect(error.ledger.entries).toHaveLength(2);
    expect(new Set(error.ledger.entries.map(({ deployment }) => deployment)).size).toBe(2);
  });

  test('never shows its key, though the provider repeats it', async () => {
    const error = await failureOf(holdfast.client.execute(ask('bad-key')));
    expect(error).toMatchObject({ kind: 'AuthenticationError', status: 401 });
    expect(error.callId).not.toBeNull();
    for (const text of [await historyText(error.callId!), JSON.stringify(error), error.message, String(error.stack)]) {
      expect(text).not.toContain(PLANTED_KEY.slice(0, 10));
    }
  });

  test('ends an attempt at its timeout, and is retried', async () => {
    const error = await failureOf(holdfast.client.execute(ask('slow')));
    expect(error).toMatchObject({ name: 'Timeout', status: 408 });
    expect(error.ledger.entries).toHaveLength(2);
    expect(error.message).toContain('attempt timeout of 0.3 s');
    await waitFor(() => holdfast.provider.requestsFor('slow-up').every(({ abortedAt }) => abortedAt !== undefined));
  });

  test('ends with Timeout when its total is over, without a fallback', TIMED, async () => {
    const settings = { timeout: 1, fallbacks: ['good'], num_retries: 0 };
    const router = { ...CONFIG.router_settings, fallback_reserve: 0 };
    const noReserve = await openHoldfast({ ...CONFIG, router_settings: router }, SCRIPT);
    const error = await failureOf(noReserve.client.execute(ask('hanging', settings)));
    await noReserve.close();
    expect(error).toMatchObject({ kind: 'Timeout', status: 408 });
    expect(error.report?.fallbacks).toBe(0);
    expect(noReserve.provider.callCount('good-up')).toBe(0);
  });

  test('of an unknown model fails at once and says which there are', async () => {
    const error = await failureOf(holdfast.client.execute(ask('nobody')));
    expect(error).toMatchObject({ kind: 'NotFoundError', status: 404 });
    expect(error.message).toMatch(/no default_fallbacks serve it\. There are model groups: .*good/);
  });
});
