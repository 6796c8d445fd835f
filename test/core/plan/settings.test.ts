import { expect, test } from 'vitest';
import { DEFAULTS } from '../../../src/core/plan/settings.js';

test('what holds when nothing is set', () => {
  expect(DEFAULTS).toEqual({
    numRetries: 2,
    timeoutMs: 600_000,
    streamIdleTimeoutMs: 60_000,
    retryAfterMs: 0,
    maxRetryDelayMs: 60_000,
    fallbackReserve: 0.25,
    maxLostAttempts: 5,
    maxFallbacks: 5,
    approvalTimeoutMs: 3_600_000,
    approvalOnTimeout: 'deny',
    validateSchema: false,
  });
});
