import { expect, test } from 'vitest';
import { healthRequests, type HealthCheckSettings } from '../../../src/core/deployments/health-request.js';

test.each<[what: string, settings: HealthCheckSettings, operations: string[]]>([
  ['a model for chats, as is one of which nothing is said', {}, ['chat.completions', 'messages']],
  ['one for texts', { mode: 'completion' }, ['completions']],
  ['one for embeddings', { mode: 'embedding' }, ['embeddings']],
  ['one for responses', { mode: 'responses' }, ['responses']],
  ['one for moderations', { mode: 'moderation' }, ['moderations']],
  ['one for images is dear', { mode: 'image_generation' }, []],
  ['one by the name of what every object has', { mode: 'constructor' }, []],
  ['one that is not to be checked', { mode: 'chat', disabled: true }, []],
])('%s', (_, settings, operations) => {
  expect(healthRequests(settings).map(({ operation }) => operation)).toEqual(operations);
});
