import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type ChatCompletionRequest } from '../../src/client.js';
import type { Script } from '../../src/mock-provider/index.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';

/** `own` has times of its own; `long` has so much time that only the call's own limits can end it. */
const CONFIG = {
  model_list: [
    ...group('plain', [{ model: 'openai/hang' }]),
    ...group('own', [{ model: 'openai/hang', timeout: 0.3, stream_timeout: 0.2 }]),
    ...group('long', [{ model: 'openai/hang', timeout: 30, stream_timeout: 30 }]),
    ...group('silent', [{ model: 'openai/silent', timeout: 30 }]),
    ...group('dripping', [{ model: 'openai/drip(0.2)', timeout: 0.5 }]),
    ...group('spare', [{ model: 'openai/ok' }]),
  ],
  router_settings: { ...FAST, num_retries: 0, timeout: 0.6, stream_timeout: 0.4, stream_idle_timeout: 0.5 },
};

const SCRIPT: Script = { silent: [{ sse: ['He'], then: 'hang' }] };

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

/** The error, and the seconds that the group's attempt and the whole call took. */
async function timeOut(model: string, settings: object = {}, at: TestHoldfast = holdfast) {
  const startedMs = Date.now();
  const error: unknown = await at.client.execute(ask(model, settings)).then(
    () => new Error('the call answered'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw error;
  expect(error).toMatchObject({ kind: 'Timeout', status: 408 });
  return { error, attemptMs: error.ledger.entries[0]?.durationMs ?? Number.NaN, elapsedMs: Date.now() - startedMs };
}

/** Timers are never early by more than their resolution; how late they are depends on the machine. */
function expectAbout(ms: number, seconds: number): void {
  expect(ms).toBeGreaterThanOrEqual(seconds * 1000 - 5);
  expect(ms).toBeLessThan(seconds * 1000 + 3000);
}

describe('an attempt ends after', TIMED, () => {
  const stream = { stream: true };
  test.each<[what: string, model: string, settings: object, seconds: number, message: string]>([
    ["the deployment's timeout", 'own', {}, 0.3, 'attempt timeout of 0.3 s'],
    ["the router's timeout", 'plain', {}, 0.6, 'attempt timeout of 0.6 s'],
    ['the timeout, though the answer drips', 'dripping', {}, 0.5, 'attempt timeout of 0.5 s'],
    ["the request's stream_timeout", 'own', { ...stream, stream_timeout: 0.25 }, 0.25, '0.25 s (stream_timeout)'],
    ["the deployment's stream_timeout", 'own', stream, 0.2, '0.2 s (stream_timeout)'],
    ["the router's stream_timeout", 'plain', stream, 0.4, '0.4 s (stream_timeout)'],
    ['stream_idle_timeout, once content came', 'silent', stream, 0.5, '0.5 s (stream_idle_timeout)'],
    ['the timeout, where the stream may take longer', 'own', { ...stream, stream_timeout: 9 }, 0.3, 'timeout of 0.3 s'],
    [
      'the timeout, where stream_timeout is set for a call that is no stream',
      'own',
      { stream_timeout: 0.1 },
      0.3,
      '0.3 s',
    ],
  ])('%s', async (_, model, settings, seconds, message) => {
    const { error, attemptMs } = await timeOut(model, settings);
    expect(error.message).toContain(message);
    expectAbout(attemptMs, seconds);
  });

  test("LiteLLM's request_timeout, where the router sets none", async () => {
    const { timeout: _, ...router } = CONFIG.router_settings;
    const other = await openHoldfast({
      ...CONFIG,
      router_settings: router,
      litellm_settings: { request_timeout: 0.35 },
    });
    try {
      const { error, attemptMs } = await timeOut('plain', {}, other);
      expect(error.message).toContain('attempt timeout of 0.35 s');
      expectAbout(attemptMs, 0.35);
    } finally {
      await other.close();
    }
  });
});

describe("a request's timeout is the total", TIMED, () => {
  const REACHED = /^the timeout of the call, 0\.8 s for all attempts and fallbacks/;
  test.each<[of: string, settings: object, seconds: number, message: RegExp]>([
    ['of a call', {}, 0.8, REACHED],
    ['of a stream', { stream: true }, 0.8, REACHED],
    // It is reached in an attempt, or a wait would pass it: then the last attempt has the word.
    [
      'of all its retries',
      { num_retries: 50, stream: true, stream_timeout: 0.1 },
      0.8 - FAST.max_retry_delay,
      new RegExp(`${REACHED.source}|^no content of the stream within 0\\.1 s`),
    ],
  ])('%s', async (_, settings, seconds, message) => {
    const { error, elapsedMs } = await timeOut('long', { timeout: 0.8, ...settings });
    expect(error.message).toMatch(message);
    expectAbout(elapsedMs, seconds);
  });

  test('which leaves a quarter to a fallback that could follow', async () => {
    const { report } = await holdfast.client.execute(ask('long', { timeout: 6, fallbacks: ['spare'] }));
    expect(report).toMatchObject({ group: 'spare', fallbacks: 1 });
    const [first] = report.ledger.entries;
    expect(first).toMatchObject({ kind: 'Timeout', next: { action: 'give up' } });
    expect(first?.message).toContain('before the deadline');
    expect(first?.durationMs).toBeGreaterThan(3000);
    expect(first?.durationMs).toBeLessThan(5700);
  });

  test('and after which no fallback is asked', async () => {
    const before = holdfast.provider.callCount('ok');
    const { error } = await timeOut('long', { timeout: 0.8, fallbacks: [{ model: 'long' }, { plain: ['spare'] }] });
    expect(error.report?.fallbacks).toBe(0);
    expect(holdfast.provider.callCount('ok')).toBe(before);
  });
});

test("a fallback entry has times of its own: the group's total, and stream_timeout", TIMED, async () => {
  const fallbacks = [
    { model: 'plain', stream_timeout: 0.15 },
    { model: 'long', timeout: 0.3 },
  ];
  const { error } = await timeOut('own', { stream: true, fallbacks });
  expect(error.ledger.entries.map(({ message }) => message)).toEqual([
    expect.stringContaining('0.2 s (stream_timeout)'),
    expect.stringContaining('0.15 s (stream_timeout)'),
    expect.stringContaining('before the deadline'),
  ]);
});
