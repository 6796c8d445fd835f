// A unit test without a server: node --test examples/own-worker
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHoldfast } from 'holdfast/testing';
import { nameBird } from './name-bird.mjs';

test('a bird is asked for once', async () => {
  const { client, calls } = fakeHoldfast({ fast: 'A kingfisher.' });
  assert.equal(await nameBird(client, 'blue, at a river'), 'A kingfisher.');
  assert.equal(await nameBird(client, 'blue, at a river'), 'A kingfisher.');
  assert.equal(calls.length, 1);
});

test('without a model there is no name', async () => {
  const { client } = fakeHoldfast({ fast: { after: ['RateLimitError'], error: 'RateLimitError' } });
  assert.equal(await nameBird(client, 'brown'), null);
});
