import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../../../src/config/index.js';
import type { CallReport } from '../../../src/core/call/call-types.js';
import { explain } from '../../../src/core/explain/explain.js';
import type { LedgerEntry, NextStep } from '../../../src/core/ledger/ledger.js';
import type { RequestSettings } from '../../../src/core/plan/settings.js';
import { NO_FACTS, type AttemptFacts } from './attempt-facts.js';
import { followCall } from './follow-call.js';
import { ExplainedCooldowns } from './explained-cooldowns.js';

const entry = (group: string, id: string, params: object = {}) => {
  return {
    model_name: group,
    litellm_params: { model: `openai/${id}-up`, api_key: 'none', ...params },
    model_info: { id },
  };
};
const CONFIG = parseConfig(
  stringify({
    model_list: [
      entry('a', 'a1', { timeout: 5 }),
      entry('a', 'a2', { timeout: 5, order: 2 }),
      entry('b', 'b1'),
      entry('c', 'c1'),
    ],
    router_settings: {
      retry_policy: { InternalServerErrorRetries: 0, RateLimitErrorRetries: 2 },
      fallbacks: [{ a: ['nobody', 'b'] }, { b: ['c'] }],
      content_policy_fallbacks: [{ b: ['c'] }],
    },
  }),
  { source: 'test', env: {} },
);

const NOW_MS = Date.UTC(2026, 10, 22, 12);

/** An entry of a ledger, and what came after it. Times are ms since the call was asked for. */
function attempt(group: string, id: string, atMs: number, kind: LedgerEntry['kind'] | null, next?: Partial<NextStep>) {
  return {
    group,
    deployment: id,
    model: `${id}-up`,
    startedAt: new Date(NOW_MS + atMs).toISOString(),
    durationMs: 10,
    ...(kind === null ? { outcome: 'answered' } : { outcome: 'failed', kind, next: { reason: '', ...next } }),
  } as LedgerEntry;
}

function passedOver(group: string): LedgerEntry {
  const startedAt = new Date(NOW_MS).toISOString();
  return { group, startedAt, outcome: 'note', message: 'passed over: the config has no such model group' };
}

/** The entries with the numbers that their attempts have in their groups. */
function numbered(entries: readonly LedgerEntry[]): LedgerEntry[] {
  const counts = new Map<string, number>();
  return entries.map((each) => {
    if (each.outcome === 'note') return each;
    counts.set(each.group, (counts.get(each.group) ?? 0) + 1);
    return { ...each, attempt: counts.get(each.group) ?? 0 };
  });
}

interface Explained {
  settings?: RequestSettings;
  /** Of the attempts, in order. */
  facts?: readonly Partial<AttemptFacts>[];
  /** How the call ended. */
  kind?: string | null;
}

/** What a call did that was not explained. */
function unexplained(
  entries: readonly LedgerEntry[],
  { settings = {}, facts = [], kind = null }: Explained = {},
): string[] {
  const explained = explain(CONFIG, settings, 'a');
  if (explained === null) throw new Error('a is unknown');
  const ledger = { entries: numbered(entries) };
  const last = entries.findLast(({ outcome }) => outcome !== 'note');
  const report = {
    ledger,
    group: last?.group ?? 'a',
    attempts: entries.filter(({ outcome }) => outcome !== 'note').length,
    retries: entries.filter(({ next }) => next?.action === 'retry').length,
    fallbacks: ['a', 'b', 'c'].indexOf(last?.group ?? 'a'),
  } as unknown as CallReport;
  const of = facts.map((each) => ({ ...NO_FACTS, ...each }));
  return followCall(explained, { askedMs: NOW_MS, kind, report, facts: of }, new ExplainedCooldowns());
}

const GIVE_UP: Partial<NextStep> = { action: 'give up' };

/** A standby, a name that is no group, a retry, an answer. */
const STORY: readonly LedgerEntry[] = [
  attempt('a', 'a1', 0, 'InternalServerError', { action: 'standby' }),
  attempt('a', 'a2', 20, 'InternalServerError', GIVE_UP),
  passedOver('nobody'),
  attempt('b', 'b1', 40, 'RateLimitError', { action: 'retry', waitMs: 1500 }),
  attempt('b', 'b1', 1600, null),
];

const changed = (index: number, change: Partial<LedgerEntry>) => STORY.with(index, { ...STORY[index]!, ...change });

test('a call that does what was explained', () => {
  expect(unexplained(STORY)).toEqual([]);
});

describe('what a call does beyond what was explained is found', () => {
  // Without its retry, b answers at once: that a request is missing, only the upstream can tell.
  test.each([0, 1, 2, 4])('without entry %i', (index) => {
    expect(unexplained(STORY.toSpliced(index, 1))).not.toEqual([]);
  });

  test.each(STORY.map((_, index) => [index]))('entry %i twice', (index) => {
    expect(unexplained(STORY.toSpliced(index, 0, STORY[index]!))).not.toEqual([]);
  });

  test.each<[what: string, entries: readonly LedgerEntry[], difference: RegExp]>([
    ['another group first', changed(0, { group: 'b' }), /explained: a is next; but: b/],
    ['a standby first', changed(0, { deployment: 'a2' }), /explained: a #1 asks a1; but: a2/],
    ['no standby', changed(1, { deployment: 'a1' }), /explained: a #2 asks a2; but: a1/],
    [
      'a retry without a budget',
      changed(0, { next: { action: 'retry', reason: '', waitMs: 0 } }),
      /explained: after InternalServerError of a #1 the standby a2; but: retry in 0 ms/,
    ],
    [
      'a wait that is too long',
      changed(3, { next: { action: 'retry', reason: '', waitMs: 2100 } }),
      /a retry in 0 to 2000 ms; but: retry in 2100 ms/,
    ],
    ['a retry before its time', changed(4, { startedAt: new Date(NOW_MS + 900).toISOString() }), /b #2 waits; but/],
    ['an attempt beyond its timeout', changed(0, { durationMs: 60_000 }), /a #1 takes at most 5000 ms; but: 60000 ms/],
    ['a deadline that there is not', changed(1, { kind: 'Timeout', message: 'before the deadline' }), /no deadline/],
    [
      'an attempt that ended by itself',
      changed(3, { outcome: 'lost' }),
      /explained: an attempt fails or is answered; but/,
    ],
    ['an answer after the end', [...STORY, attempt('c', 'c1', 1700, null)], /explained: the call is over/],
    ['a name that was to be passed over', STORY.toSpliced(2, 1), /explained: nobody is passed over/],
  ])('%s', (_what, entries, difference) => {
    expect(unexplained(entries)[0]).toMatch(difference);
  });

  test('another end', () => {
    expect(unexplained(STORY, { kind: 'RateLimitError' })).toEqual([
      'explained: it ends with an answer; but: it ended with RateLimitError',
    ]);
    expect(unexplained(STORY.slice(0, 2), { kind: 'InternalServerError' })[0]).toBe(
      'explained: b is next; but: it ended with InternalServerError',
    );
  });
});

describe('what the upstream said counts', () => {
  const retried = (waitMs: number) => [
    attempt('a', 'a1', 0, 'BadRequestError', GIVE_UP),
    passedOver('nobody'),
    attempt('b', 'b1', 20, 'RateLimitError', { action: 'retry', waitMs }),
    attempt('b', 'b1', 9000, null),
  ];

  test('a Retry-After', () => {
    const facts = [{}, { retryAfterMs: [3000, 3000] as const }];
    expect(unexplained(retried(3200), { facts })).toEqual([]);
    expect(unexplained(retried(2900), { facts })).toEqual([expect.stringContaining('a retry in 3000 to 3300 ms')]);
    expect(unexplained(retried(3400), { facts })).toEqual([expect.stringContaining('a retry in 3000 to 3300 ms')]);
  });

  test('a longer one than max_retry_delay, where another group can be asked', () => {
    const facts = [{}, { retryAfterMs: [90_000, 90_000] as const }];
    expect(unexplained(retried(90_000), { facts })).toEqual([
      expect.stringContaining('the group gives up; but: retry'),
    ]);
  });

  test('content that was read: nothing follows', () => {
    const [first] = retried(0);
    const facts = [{ contentRead: true }];
    expect(unexplained([first!], { facts, kind: 'BadRequestError' })).toEqual([]);
    expect(unexplained(retried(0), { facts })[0]).toBe('explained: nothing is passed over; but: nobody');
  });

  test('a blocked answer is a failure only where a list can still serve', () => {
    expect(unexplained([attempt('a', 'a1', 0, null)], { facts: [{ blocked: true }] })).toEqual([]);
    const failed = attempt('a', 'a1', 0, 'ContentPolicyViolationError', GIVE_UP);
    expect(unexplained([failed], { facts: [{ blocked: true }] })[0]).toContain('a blocked answer is delivered');
    const inB = [attempt('a', 'a1', 0, 'BadRequestError', GIVE_UP), passedOver('nobody'), attempt('b', 'b1', 20, null)];
    expect(unexplained(inB, { facts: [{}, { blocked: true }] })[0]).toContain('a blocked answer is a failure');
  });
});

describe('the time of a call counts', () => {
  const settings = { timeoutMs: 1000 };

  test('a wait that would pass the deadline is not begun', () => {
    const late = attempt('b', 'b1', 40, 'RateLimitError', { action: 'retry', waitMs: 1500 });
    expect(unexplained(STORY.with(3, late), { settings })[0]).toContain('but: retry in 1500 ms');
  });

  test('its end is a Timeout', () => {
    const entries = [attempt('a', 'a1', 0, 'BadRequestError', GIVE_UP)];
    expect(unexplained(entries, { settings, kind: 'Timeout' })[0]).toBeUndefined();
    expect(unexplained(entries, { settings: { timeoutMs: 3_600_000 }, kind: 'Timeout' })[0]).toContain('b is next');
  });
});

describe('cooldowns count, from one call to the next', () => {
  const explained = explain(CONFIG, {}, 'a')!;
  const group = explained.groups[0]!;

  test('a deployment that cools is left out, and all are waited for', () => {
    const cooldowns = new ExplainedCooldowns();
    const [a1, a2] = group.deployments;
    cooldowns.failed(a1!, 'RateLimitError', NOW_MS, null);
    const entries = numbered([attempt('a', 'a1', 0, null)]);
    const report = { ledger: { entries }, group: 'a', attempts: 1, retries: 0, fallbacks: 0 } as unknown as CallReport;
    const follow = () => followCall(explained, { askedMs: NOW_MS, kind: null, report, facts: [] }, cooldowns);
    expect(follow()).toEqual(['explained: a #1 asks a2; but: a1']);
    cooldowns.failed(a2!, 'RateLimitError', NOW_MS, [60_000, 60_000]);
    expect(follow()).toEqual(['explained: a #1 waits for a deployment to be back; but: it did not']);
  });
});
