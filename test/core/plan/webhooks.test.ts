import { describe, expect, test } from 'vitest';
import { problemOfWebhook, toldOf, WEBHOOK_EVENTS, type WebhookRule } from '../../../src/core/plan/webhooks.js';

const RULES: readonly WebhookRule[] = [
  { name: 'ops', events: ['call.gated', 'batch.ended'] },
  { name: 'named', events: [] },
];

describe('who is told what', () => {
  test.each([
    ['by its events', RULES, undefined, { webhooks: { 'call.gated': ['ops'], 'batch.ended': ['ops'] } }],
    ['nobody without webhooks', [], undefined, {}],
  ] as const)('%s', (_what, rules, named, targets) => {
    expect(toldOf(rules, named)).toEqual(targets);
  });

  test('one that the request names is told everything', () => {
    const { webhooks: targets = {} } = toldOf(RULES, 'named');
    expect(Object.keys(targets)).toEqual([...WEBHOOK_EVENTS]);
    expect(targets['call.gated']).toEqual(['ops', 'named']);
  });

  test('a name must be one of the config', () => {
    expect(problemOfWebhook(RULES, undefined)).toBeNull();
    expect(problemOfWebhook(RULES, 'ops')).toBeNull();
    expect(problemOfWebhook(RULES, 'x')).toBe('there is no webhook "x" in the config');
  });
});
