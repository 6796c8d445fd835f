import { describe, expect, test } from 'vitest';
import { explainTemporalError } from '../../src/temporal/errors.js';

const WHERE = { address: 'temporal.internal:7233', namespace: 'calls' };

function grpcError(code: number, details: string): Error {
  return Object.assign(new Error(`${code}: ${details}`), { code, details });
}

/** What the server said, and the words that a person reads. */
const EXPLAINED: readonly [code: number, details: string, told: RegExp][] = [
  [14, 'No connection established', /^no Temporal server answers at temporal\.internal:7233\./],
  [4, 'Deadline exceeded', /^no Temporal server answers at/],
  [5, 'Namespace calls is not found.', /has no namespace "calls"\..*namespace create --namespace calls/],
  [9, 'no poller seen for task queue recently, worker may be down', /^no worker answers: .*`holdfast worker`/],
  [3, 'search attribute HoldfastGroup is not defined', /"calls" lacks Holdfast's search attributes/],
  [7, 'Request unauthorized.', /refused the credentials for namespace "calls"/],
  [16, 'token is expired', /refused the credentials for namespace "calls"/],
];

describe('an error of Temporal', () => {
  test.each(EXPLAINED)('%i %s', (code, details, told) => {
    const explained = explainTemporalError(new Error('Failed to query', { cause: grpcError(code, details) }), WHERE);
    expect(explained).toMatchObject({ name: 'TemporalUnavailableError', message: expect.stringMatching(told) });
  });

  test('that nothing is known of stays as it is', () => {
    const error = grpcError(13, 'Unable to complete request.');
    expect(explainTemporalError(error, WHERE)).toBe(error);
  });
});
