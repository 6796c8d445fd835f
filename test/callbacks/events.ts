import type { FailureEvent, SuccessEvent } from '../../src/index.js';

const ATTEMPT = {
  callId: 'call-1',
  runId: 'run-1',
  operation: 'chat.completions',
  group: 'fast',
  deployment: 'fast-a',
  model: 'gpt-4o-mini',
  attempt: 1,
  retries: 0,
  startedAt: '2026-11-22T12:00:00.000Z',
  durationMs: 120,
  requestId: 'req-1',
  tokens: { prompt: 3, completion: 4, total: 7 },
} as const;

export const SUCCESS: SuccessEvent = { type: 'success', ...ATTEMPT, status: 200, kind: null, error: null, next: null };

export const FAILURE: FailureEvent = {
  type: 'failure',
  ...ATTEMPT,
  status: 429,
  kind: 'RateLimitError',
  error: { status: 429, message: 'slow down', requestId: 'req-1' },
  next: { action: 'retry', reason: 'retry 1 of 2 on num_retries', waitMs: 10, until: '2026-11-22T12:00:01.000Z' },
};
