import { expect, test } from 'vitest';
import { missingActivities } from '../../../src/core/call/missing-activities.js';

test.each([
  "Local activity of type 'resolvePlan' not registered on worker",
  'Activity function resolvePlan is not registered on this Worker, available activities: []',
])('what to do where the SDK says: %s', (message) => {
  expect(missingActivities(message, 'this worker')).toMatch(
    /^this worker has not the activities of Holdfast: give it HoldfastPlugin, or .* taskQueue/,
  );
});

test('of other errors nothing is said', () => {
  expect(missingActivities('the disk is full', 'this worker')).toBeNull();
});
