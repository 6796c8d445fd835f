import { describe, expect, test } from 'vitest';
import { RateLimitError, TemporalUnavailableError, type CallHandle } from '../../src/client.js';
import { ERROR_KIND_NAMES } from '../../src/core/errors/error-kinds.js';
import { errorAnswer } from '../../src/gateway/error-answer.js';
import { Refusal } from '../../src/gateway/refusal.js';
import { waitForAnswer } from '../../src/gateway/wait-for-answer.js';

describe('what a client is told of an error', () => {
  test('of a call that ran: what it has been through, and not to ask again', () => {
    const error = new RateLimitError({
      kind: 'RateLimitError',
      message: 'slow down',
      callId: 'call-1',
      retryAfterMs: 2500,
    });
    expect(errorAnswer(error)).toEqual({
      status: 429,
      headers: {
        'x-litellm-call-id': 'call-1',
        'x-holdfast-workflow-id': 'call-1',
        'x-should-retry': 'false',
        'retry-after': '3',
      },
      body: {
        error: {
          message: 'slow down',
          type: 'rate_limit_error',
          param: null,
          code: 'rate_limit_exceeded',
          kind: 'RateLimitError',
        },
      },
      unexpected: false,
    });
  });

  test('of one that was refused before it was started', () => {
    const error = new RateLimitError({ kind: 'RateLimitError', message: 'no' });
    expect(errorAnswer(error).headers).toEqual({ 'x-should-retry': 'false' });
  });

  test('that Temporal is away: nothing was started, so asking again is right; where it should be stands in the log only', () => {
    const { status, headers, body, unexpected } = errorAnswer(new TemporalUnavailableError('no server at secret:7233'));
    expect([status, headers, unexpected]).toEqual([503, { 'x-should-retry': 'true', 'retry-after': '2' }, true]);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test.each([
    ['an error of the gateway', new Error('secret')],
    ['something that is no error', 'secret'],
    ["fastify's own fault", Object.assign(new Error('secret'), { statusCode: 500 })],
  ])('nothing of %s but that it is in the log', (_, error) => {
    const { status, body, unexpected } = errorAnswer(error);
    expect([status, unexpected]).toEqual([500, true]);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test.each(ERROR_KIND_NAMES)("of every kind, in OpenAI's words: %s", (kind) => {
    const { error } = errorAnswer(new Refusal({ kind, message: 'why' })).body;
    expect(error).toMatchObject({ kind, message: 'why', type: expect.stringMatching(/^[a-z_]+$/) });
  });
});

describe('waiting for an answer while the Temporal server is away', () => {
  const away = new TemporalUnavailableError('away');
  /** A call of which each look ends as told; the last one goes on. */
  const callOf = (...looks: (() => Promise<unknown>)[]) => {
    let looked = 0;
    const result = (): Promise<unknown> => looks[Math.min(looked++, looks.length - 1)]!();
    return { callId: 'call-1', result } as unknown as CallHandle;
  };
  const fails = () => Promise.reject(away);
  const never = new AbortController().signal;

  test('it comes back', async () => {
    const handle = callOf(fails, fails, () => Promise.resolve({ response: 'answer' }));
    expect(await waitForAnswer(handle, never)).toEqual({ response: 'answer' });
  });

  test('it stays away: the client is told which call goes on, and not to run it again', async () => {
    const error: unknown = await waitForAnswer(callOf(fails), never, 50).catch((thrown: unknown) => thrown);
    const { status, headers, body } = errorAnswer(error);
    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'x-holdfast-workflow-id': 'call-1', 'x-should-retry': 'false' });
    expect(body.error.message).toContain('GET /holdfast/calls/call-1');
  });

  test('the client goes away meanwhile', async () => {
    const client = new AbortController();
    const handle = callOf(fails, () => {
      client.abort(new Error('gone'));
      return Promise.reject(client.signal.reason as Error);
    });
    await expect(waitForAnswer(handle, client.signal)).rejects.toThrow('gone');
  });

  test('another error is not waited for', async () => {
    await expect(
      waitForAnswer(
        callOf(() => Promise.reject(new Error('other'))),
        never,
      ),
    ).rejects.toThrow('other');
  });
});
