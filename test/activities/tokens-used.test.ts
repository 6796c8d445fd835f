import { expect, test } from 'vitest';
import { tokensOfError, tokensUsed } from '../../src/activities/tokens-used.js';
import { InterruptedError } from '../../src/providers/call-provider.js';
import type { FailureFacts } from '../../src/core/errors/failure-facts.js';
import { ANSWER } from './run-attempt.js';

const TOKENS = { prompt: 3, completion: 4, total: 7 };
const failure = (facts: Partial<FailureFacts>) => ({
  facts: {
    cause: { type: 'http', status: 500, error: {} },
    phase: 'waiting for the answer',
    headers: {},
    ...facts,
  } as FailureFacts,
});

test.each([
  ['an answer, as the provider says', { ...ANSWER, tokens: TOKENS }, 7],
  ['an answer that does not say', { ...ANSWER, tokens: null }, null],
  ['a failure that says', failure({ tokens: TOKENS }), 7],
  ['what was refused', failure({}), 0],
  ['what was not sent', failure({ cause: { type: 'connection', message: 'refused' }, phase: 'connecting' }), 0],
  ['a timeout', failure({ cause: { type: 'timeout', scope: 'attempt', limitMs: 1 } }), null],
])('%s', (_, outcome, used) => {
  expect(tokensUsed(outcome)).toBe(used);
});

test('what was interrupted', () => {
  expect(tokensOfError(new InterruptedError(new Error('stop'), TOKENS))).toBe(7);
  expect(tokensOfError(new InterruptedError(new Error('stop'), null))).toBe(null);
  expect(tokensOfError(new Error('a bug'))).toBe(null);
});
