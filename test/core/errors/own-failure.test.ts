import { expect, test } from 'vitest';
import { ownFailure } from '../../../src/core/errors/own-failure.js';
import { failure } from '../build.js';

test('a failure of our own has the status of its kind, and nothing that only a response could bring', () => {
  expect(ownFailure('AttemptsLostError', 'lost')).toEqual(
    failure('AttemptsLostError', { status: 503, message: 'lost' }),
  );
});
