import { describe, expect, test } from 'vitest';
import { RowPlans } from '../../../src/activities/batch/row-plans.js';
import { planOfRequest } from '../../../src/activities/plan-of-request.js';
import type { Ceilings } from '../../../src/core/plan/settings.js';
import { checkRow } from '../../../src/batch/check-row.js';
import { config } from '../../core/build.js';

const ROUTING = config(['a', 'b']);

/** What a row asks for, checked as it is when its chunk is read. */
function asked(settings: Record<string, unknown> = {}) {
  const body = { model: 'a', messages: [{ role: 'user', content: 'hello' }], ...settings };
  const line = { custom_id: 'x', url: '/v1/chat/completions', body };
  const row = checkRow(Buffer.from(JSON.stringify(line)), {});
  if (row.problem !== null) throw new Error(row.problem);
  return { group: row.call.model, settings: row.call.settings, request: row.request };
}

const planned = (settings: Record<string, unknown>, ceilings?: Ceilings, routing = ROUTING) =>
  planOfRequest(routing, { operation: 'chat.completions', request: asked(settings).request, ceilings });

describe('the plan of a row', () => {
  test('is resolved once for all that ask for the same, whatever their prompts', () => {
    const plans = new RowPlans();
    const plan = plans.of(ROUTING, asked({ temperature: 1 }), undefined);
    expect(plan).toEqual(planned({}));
    expect(plans.of(ROUTING, asked({ messages: [{ role: 'user', content: 'bye' }] }), undefined)).toBe(plan);
  });

  const own = [{ model: 'b', messages: [{ role: 'user', content: 'x'.repeat(2_000) }] }];
  test.each<[what: string, settings: Record<string, unknown>, ceilings?: Ceilings | undefined, hash?: string]>([
    ['another model group', { model: 'b' }],
    ['settings of its own', { num_retries: 7 }],
    ['fields that are of no use here', { litellm_trace_id: 'x' }],
    ['ceilings of its caller', { num_retries: 7 }, { maxNumRetries: 2 }],
    ['a fallback with messages of its own', { fallbacks: own }],
    ['another config', {}, undefined, 'another'],
  ])('is its own with %s', (_, settings, ceilings, hash = 'hash') => {
    const routing = { ...ROUTING, hash };
    const plans = new RowPlans();
    const before = plans.of(ROUTING, asked(), undefined);
    const plan = plans.of(routing, asked(settings), ceilings);
    expect(plan).toEqual(planned(settings, ceilings, routing));
    expect(plan).not.toEqual(before);
  });

  test('is not kept where settings with messages of their own make it large', () => {
    const plans = new RowPlans();
    const plan = plans.of(ROUTING, asked({ fallbacks: own }), undefined);
    expect(plans.of(ROUTING, asked({ fallbacks: own }), undefined)).not.toBe(plan);
  });
});
