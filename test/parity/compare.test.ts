import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/core/ledger/ledger.js';
import type { RecordedRequest } from '../../src/mock-provider/index.js';
import type { Want } from './case-file.js';
import { compare } from './compare.js';
import { gapsOf, type Gap } from './gaps.js';
import type { Observed } from './observe.js';

const ANSWER: Observed = {
  ok: true,
  group: 'a',
  kind: null,
  status: 200,
  message: null,
  headers: { 'x-litellm-attempted-retries': '2' },
  elapsedMs: 1000,
  calls: [],
  gaps: [],
  ownGaps: [],
  unexplained: [],
};
const FAILURE: Observed = { ...ANSWER, ok: false, group: null, kind: 'Timeout', status: 408, message: 'too late' };

function call(model: string, body: unknown = {}): RecordedRequest {
  return { id: '', receivedAt: 0, method: 'POST', path: '/', model, body, headers: {} };
}

function gap(clockMs: number, waitMs: number, spentMs = 0): Gap {
  return { clockMs, planned: { waitMs, leastMs: waitMs + spentMs } };
}

const CALLS = [call('m', { temperature: 1, top_p: null }), call('n'), call('m', { messages: [{ role: 'user' }] })];

describe('nothing differs', () => {
  test.each<[string, Want, Partial<Observed>]>([
    ['what is not wanted is not compared', { ok: true }, { group: 'z', calls: CALLS }],
    [
      'an answer',
      { ok: true, final_model_group: 'a', error_type: null, status: 200, upstream_calls: { m: 2, n: 1, other: 0 } },
      { calls: CALLS },
    ],
    ['a total', { ok: true, upstream_calls: { '*': 3 } }, { calls: CALLS }],
    ['a header as a number, whatever the case', { ok: true, headers: { 'X-LiteLLM-Attempted-Retries': 2 } }, {}],
    ['a header that is absent', { ok: true, headers: { 'x-litellm-max-retries': null } }, {}],
    [
      'fields of the last body; null is absent',
      { ok: true, last_body: { m: { messages: [{ role: 'user' }], temperature: null } } },
      { calls: CALLS },
    ],
    [
      'a null in the body is absent, too',
      { ok: true, last_body: { m: { top_p: null } } },
      { calls: CALLS.slice(0, 1) },
    ],
    ['grace above, on the clock only', { ok: true, timing: { elapsed_s: [0.5, 2] } }, { elapsedMs: 4900 }],
    ['a gap with its wait', { ok: true, timing: { gaps_s: [[1, 2]] } }, { ownGaps: [gap(1500, 1400)] }],
    ['a gap of an attempt that hung', { ok: true, timing: { gaps_s: [[1, 2]] } }, { ownGaps: [gap(1300, 200, 1000)] }],
    [
      'gaps of earlier requests',
      { ok: true, timing: { gaps_s: [[0, 9], [1, 2]] } }, // prettier-ignore
      { gaps: [{ clockMs: 8000, planned: null }, gap(1500, 1500)], ownGaps: [gap(1500, 1500)] },
    ],
  ])('%s', (_name, want, observed) => {
    expect(compare(want, { ...ANSWER, ...observed })).toEqual([]);
  });
});

describe('what differs', () => {
  test.each<[string, Want, Observed, string[]]>([
    [
      'a failure in place of an answer says why',
      { ok: true, final_model_group: 'a', error_type: null, status: 200 },
      FAILURE,
      [
        'ok: want true, got false (too late)',
        'final_model_group: want "a", got null',
        'error_type: want null, got "Timeout"',
        'status: want 200, got 408',
      ],
    ],
    [
      'another error than the one wanted',
      { ok: false, error_type: 'RateLimitError' },
      FAILURE,
      ['error_type: want "RateLimitError", got "Timeout" (too late)'],
    ],
    [
      'calls, also of models that were not named',
      { ok: true, upstream_calls: { m: 1, toString: 1 } },
      { ...ANSWER, calls: [...CALLS, call('valueOf')] },
      [
        'upstream_calls.m: want 1, got 2',
        'upstream_calls.toString: want 1, got 0',
        'upstream_calls.n: want 0, got 1',
        'upstream_calls.valueOf: want 0, got 1',
      ],
    ],
    ['the total', { ok: true, upstream_calls: { '*': 3 } }, ANSWER, ['upstream_calls.*: want 3, got 0']],
    [
      'a body',
      { ok: true, last_body: { m: { temperature: 1 }, z: { a: 1 } } },
      { ...ANSWER, calls: CALLS },
      ['last_body.m.temperature: want 1, got null', 'last_body.z: no request reached it'],
    ],
    ['a header', { ok: true, headers: { 'x-y': 1 } }, ANSWER, ['headers.x-y: want "1", got null']],
    [
      'lower bounds are exact on the clock',
      { ok: true, timing: { elapsed_s: [1.1, 2], gaps_s: [[1, 2]] } },
      { ...ANSWER, ownGaps: [gap(999, 1000)] },
      ['gaps_s[0]: want 1 to 2 s, took 1.00 s on the clock', 'elapsed_s: want 1.1 to 2 s, took 1.00 s on the clock'],
    ],
    [
      'upper bounds of what was planned have no grace',
      { ok: true, timing: { gaps_s: [[1, 2]] } },
      { ...ANSWER, ownGaps: [gap(2100, 2001)] },
      ['gaps_s[0]: want 1 to 2 s, the ledger planned a wait of 2.00 s after 0.00 s of attempts'],
    ],
    [
      'a wait that was too long on the clock',
      { ok: true, timing: { gaps_s: [[1, 2]] } },
      { ...ANSWER, ownGaps: [gap(5100, 1500)] },
      ['gaps_s[0]: want 1 to 2 s, took 5.10 s on the clock'],
    ],
    [
      'another number of gaps',
      { ok: true, timing: { gaps_s: [[0, 1], [0, 1]] } }, // prettier-ignore
      { ...ANSWER, gaps: [gap(1, 1)], ownGaps: [gap(1, 1)] },
      ['gaps_s, how many: want 2, got 1'],
    ],
  ])('%s', (_name, want, observed, expected) => {
    expect(compare(want, observed)).toEqual(expected);
  });
});

describe('gaps', () => {
  const entry = (model: string, durationMs: number, waitMs?: number): LedgerEntry => ({
    attempt: 1,
    group: 'a',
    model,
    startedAt: '',
    durationMs,
    outcome: 'failed',
    ...(waitMs !== undefined && { next: { action: 'retry', reason: '', waitMs } }),
  });
  const note: LedgerEntry = { group: 'a', startedAt: '', outcome: 'note' };
  const models = new Set(['m']);

  test('each has what the ledger planned; attempts that never reached the upstream and notes are passed over', () => {
    const entries = [entry('m', 10, 500), entry('closed', 1, 300), note, entry('m', 20), entry('m', 5)];
    expect(gapsOf([{ calledAtMs: [0, 900, 930], models, ledger: { entries } }])).toEqual([
      { clockMs: 900, planned: { waitMs: 800, leastMs: 811 } },
      { clockMs: 30, planned: { waitMs: 0, leastMs: 20 } },
    ]);
  });

  test('between two requests nothing was planned', () => {
    const asked = { models, ledger: { entries: [entry('m', 1)] } };
    expect(
      gapsOf([
        { ...asked, calledAtMs: [0] },
        { ...asked, calledAtMs: [70] },
      ]),
    ).toEqual([{ clockMs: 70, planned: null }]);
  });

  test('a folded ledger does not say what was planned', () => {
    const folded = { count: 1, kinds: {}, tokens: { prompt: 0, completion: 0, total: 0 } };
    expect(gapsOf([{ calledAtMs: [0, 5], models, ledger: { entries: [], folded } }])).toEqual([
      { clockMs: 5, planned: null },
    ]);
  });
});
