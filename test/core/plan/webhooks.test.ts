import { describe, expect, test } from 'vitest';
import {
  problemOfWebhook,
  SENDING,
  toldOf,
  WEBHOOK_EVENTS,
  webhookThere,
  type WebhookRule,
} from '../../../src/core/plan/webhooks.js';

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
    expect(webhookThere(RULES, 'named')).toBe('named');
    expect(webhookThere(RULES, 'x')).toBeUndefined();
    expect(webhookThere(RULES, undefined)).toBeUndefined();
  });
});

/** When a message is sent that nobody takes, in ms after the first time. */
function sendings({ retry, scheduleToCloseTimeout }: typeof SENDING): number[] {
  const times = [0];
  for (let [sent, wait] = [0, retry.initialInterval as number]; sent + wait < scheduleToCloseTimeout;) {
    sent += wait;
    wait = Math.min(wait * retry.backoffCoefficient, retry.maximumInterval);
    times.push(sent);
  }
  return times;
}

describe('a message that nobody takes', () => {
  const MINUTE_MS = 60_000;
  const times = sendings(SENDING);

  test('is sent again after 1, 2 and 4 s, then never more than ten minutes later, for three days', () => {
    expect(times.slice(0, 4)).toEqual([0, 1000, 3000, 7000]);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...waits)).toBe(10 * MINUTE_MS);
    expect(times.at(-1)).toBeGreaterThan(3 * 24 * 60 * MINUTE_MS - 10 * MINUTE_MS);
    // Temporal counts no attempts unless it is told to.
    expect(SENDING.retry).not.toHaveProperty('maximumAttempts');
  });

  test.each([1, 60, 90, 24 * 60])('arrives within ten minutes of the end of an outage of %i minutes', (minutes) => {
    const next = times.find((time) => time >= minutes * MINUTE_MS) ?? Infinity;
    expect(next - minutes * MINUTE_MS).toBeLessThanOrEqual(10 * MINUTE_MS);
  });
});
