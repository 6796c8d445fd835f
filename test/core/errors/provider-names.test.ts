import { describe, expect, test } from 'vitest';
import { classify, type Failure } from '../../../src/core/errors/classify.js';
import type { FailureCause, ProviderError } from '../../../src/core/errors/failure-facts.js';
import { NOW_MS } from '../build.js';

function judged(cause: FailureCause): Failure {
  return classify({ cause, phase: 'waiting for the answer', headers: {} }, NOW_MS);
}

describe("the provider's own names", () => {
  test.each<[what: string, error: ProviderError, names: Pick<Failure, 'code' | 'param'>]>([
    ['go along', { code: 'a_code', param: 'a.param' }, { code: 'a_code', param: 'a.param' }],
    ['are absent where there are none', { type: 'some_error', code: '', param: '' }, {}],
    ['are no numbers', { code: 429 }, {}],
    ['are no numbers in text', { code: '429' }, {}],
    ['may be digits: they are a code where they are no status', { code: '1210' }, { code: '1210' }],
    ['may be a number that is no status', { code: 20015 }, { code: '20015' }],
    ["are OpenAI's for a quota that is used up", { code: '1113' }, { code: 'insufficient_quota' }],
    ['may stand in the type: a quota', { type: 'insufficient_quota' }, { code: 'insufficient_quota' }],
    ['are cut', { code: 'x'.repeat(101) }, { code: `${'x'.repeat(99)}…` }],
    ['are redacted', { code: 'sk-0123456789', param: 'key=abcdefgh' }, { code: '[redacted]', param: 'key=[redacted]' }],
  ])('%s', (_, error, names) => {
    for (const cause of [{ type: 'http', status: 429, error } as const, { type: 'error in a 200', error } as const]) {
      const { code, param } = judged(cause);
      expect({ ...(code !== undefined && { code }), ...(param !== undefined && { param }) }).toEqual(names);
    }
  });

  test('are those of a provider only', () => {
    const failure = judged({ type: 'connection', code: 'ECONNRESET', message: 'reset' });
    expect(failure).not.toHaveProperty('code');
    expect(failure).not.toHaveProperty('param');
  });
});
