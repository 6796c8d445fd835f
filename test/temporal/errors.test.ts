import { describe, expect, test } from 'vitest';
import { explainStartError, explainTemporalError } from '../../src/temporal/errors.js';

const WHERE = { address: 'temporal.internal:7233', namespace: 'calls' };

function grpcError(code: number, details: string): Error {
  return Object.assign(new Error(`${code}: ${details}`), { code, details });
}

/** As the SDK hands errors on: a word of its own, and gRPC's as the cause. */
function asThrown(code: number, details: string): Error {
  return new Error('Failed to get Workflow execution history', { cause: grpcError(code, details) });
}

const NO_SERVER = /^no Temporal server answers at temporal\.internal:7233\./;

/** What the server said, the words that a person reads, and whether it passes by itself. */
const EXPLAINED: readonly [code: number, details: string, told: RegExp, transient: boolean][] = [
  [14, 'No connection established', NO_SERVER, true],
  [14, 'tcp connect error', NO_SERVER, true],
  [4, 'Deadline exceeded', NO_SERVER, true],
  [4, 'context deadline exceeded', NO_SERVER, true],
  [1, 'Timeout expired', NO_SERVER, true],
  [2, 'transport error', NO_SERVER, true],
  [2, 'h2 protocol error: error reading a body from connection', NO_SERVER, true],
  [13, 'Received RST_STREAM with code 2', NO_SERVER, true],
  [
    8,
    'Received message larger than max (5242880 vs 4194304)',
    /channelArgs: \{ 'grpc\.max_receive_message_length': /,
    false,
  ],
  [8, 'namespace rate limit exceeded', /takes no more requests of namespace "calls"/, true],
  [5, 'Namespace calls is not found.', /has no namespace "calls"\..*namespace create --namespace calls/, false],
  [9, 'no poller seen for task queue recently, worker may be down', /^no worker answers: .*`holdfast worker`/, false],
  [3, 'search attribute HoldfastGroup is not defined', /"calls" lacks Holdfast's search attributes/, false],
  [7, 'Request unauthorized.', /refused the credentials for namespace "calls"/, false],
  [16, 'token is expired', /refused the credentials for namespace "calls"/, false],
];

describe('an error of Temporal', () => {
  test.each(EXPLAINED)('%i %s', (code, details, told, transient) => {
    const explained = explainTemporalError(asThrown(code, details), WHERE);
    expect(explained).toMatchObject({
      name: 'TemporalUnavailableError',
      message: expect.stringMatching(told),
      transient,
      workflowId: null,
    });
  });

  test.each([
    ['an error that nothing is known of', grpcError(13, 'Unable to complete request.')],
    ['what a request is refused for, whatever words it has', grpcError(3, 'deadline must not be in the past')],
  ])('%s stays as it is', (_, error) => {
    expect(explainTemporalError(error, WHERE)).toBe(error);
  });
});

describe('an error of a start', () => {
  const started = (error: unknown) => explainStartError(error, WHERE, 'call-1');

  test.each([
    [14, 'tcp connect error'],
    [4, 'Deadline exceeded'],
    [1, 'Timeout expired'],
    [2, 'transport error'],
    [13, 'Unable to complete request.'],
    [2, 'something new'],
  ])('%i %s: the call may have been started, and is named', (code, details) => {
    expect(started(asThrown(code, details))).toMatchObject({
      name: 'TemporalUnavailableError',
      workflowId: 'call-1',
      message: expect.stringContaining('Whether call-1 was started is not known'),
    });
  });

  test.each([
    [3, 'search attribute HoldfastGroup is not defined'],
    [5, 'Namespace calls is not found.'],
    [7, 'Request unauthorized.'],
  ])('%i %s: nothing was started, for certain', (code, details) => {
    expect(started(asThrown(code, details))).toMatchObject({ workflowId: null });
  });

  test('what failed before anything was sent stays as it is', () => {
    const error = new Error('cannot be converted');
    expect(started(error)).toBe(error);
  });
});
