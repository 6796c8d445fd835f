import { describe, expect, test } from 'vitest';
import { RateLimitError, TemporalUnavailableError } from '../../src/client.js';
import { ERROR_KIND_NAMES } from '../../src/core/errors/error-kinds.js';
import { errorAnswer } from '../../src/gateway/error-answer.js';
import { Refusal } from '../../src/gateway/refusal.js';

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
    expect(body.error.message).toContain('nothing was started');
  });

  describe('that Temporal is away, where the call may have been started: which it is, never that nothing was', () => {
    const away = new TemporalUnavailableError('no server at secret:7233', { transient: true, workflowId: 'call-1' });
    test.each([
      ['asking again leads to the same call', true, 'true'],
      ['asking again would be another call', false, 'false'],
    ])('%s', (_, repeatable, askAgain) => {
      const { status, headers, body } = errorAnswer(away, { repeatable });
      expect([status, headers['x-should-retry'], headers['x-holdfast-workflow-id']]).toEqual([503, askAgain, 'call-1']);
      expect(body.error.message).toContain('GET /holdfast/calls/call-1');
      expect(body.error.message).not.toContain('nothing was started');
    });
  });

  test('that Temporal is away, where a batch may have been started', () => {
    const id = `batch_${'a'.repeat(25)}`;
    const { body } = errorAnswer(new TemporalUnavailableError('away', { transient: true, workflowId: id }));
    expect(body.error.message).toContain(`GET /v1/batches/${id}`);
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
