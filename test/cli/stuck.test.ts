import { expect, test } from 'vitest';
import { incidentText, type Incident } from '../../src/cli/stuck.js';
import type { StuckGroup } from '../../src/client/stuck-calls.js';

const NOW = new Date('2026-11-29T12:00:00');
const at = (ms: number) => new Date(NOW.getTime() + ms);

const WAITING: StuckGroup = {
  group: 'gpt-4o',
  state: 'waiting',
  waitsFor: 'the retry after RateLimitError',
  kind: 'RateLimitError',
  calls: 9120,
  oldestAt: at(-7_500_000),
  oldestId: 'call-7d4c1a52',
  nextAt: at(12_000),
  retriesLeft: { least: 0, most: 3 },
};

const QUIET: Incident = {
  running: 0,
  areMore: false,
  inFlight: 0,
  waiting: 0,
  notLookedAt: 0,
  groups: [],
  providers: { deployments: [], holds: [] },
  workers: 1,
};

test('an incident: what waits, for what, what is held, and what to do, within 80 columns', () => {
  const paused: StuckGroup = {
    ...WAITING,
    group: 'claude',
    state: 'paused',
    waitsFor: 'resume: it is paused',
    calls: 3,
    oldestAt: at(-7_560_000),
    oldestId: 'call-oldest',
    nextAt: null,
    retriesLeft: { least: 2, most: 2 },
  };
  const since = at(-60_000).toISOString();
  const hold = { kind: 'group', target: 'azure', by: 'anna', why: 'maintenance', diverts: false, since } as const;
  const text = incidentText(
    {
      ...QUIET,
      running: 10_000,
      areMore: true,
      inFlight: 12,
      waiting: 9123,
      notLookedAt: 865,
      groups: [WAITING, paused],
      providers: { deployments: [], holds: [hold] },
    },
    NOW,
  );
  expect(text.split('\n')).toEqual([
    'more than 10000 calls run: 9123 wait, 12 have an attempt in flight, 865 were not',
    'looked at',
    '',
    'CALLS  GROUP   STATE    OLDEST      NEXT DUE   RETRIES LEFT',
    '9120   gpt-4o  waiting  2 h 05 min  in 12.0 s  0 to 3',
    '  for the retry after RateLimitError',
    '  the oldest: call-7d4c1a52',
    '3      claude  paused   2 h 06 min             2',
    '  for resume: it is paused',
    '  the oldest: call-oldest',
    '',
    'HELD OR COOLING',
    'group azure is held by anna since 11:59:00: maintenance',
    '',
    'WHAT TO DO NEXT',
    'Release what is held, once it may be asked again:',
    '  holdfast release azure',
    'Let calls go on that were paused:',
    '  holdfast resume --retrying claude --why "…"',
    'See what the one that waits longest has been through:',
    '  holdfast inspect call-oldest',
    'See what the calls of a group wait for, one by one:',
    '  holdfast list --retrying gpt-4o',
    'Spare a provider that is down: nobody asks it until it is released:',
    '  holdfast hold gpt-4o --why "…"',
    'Move them to another model group:',
    '  holdfast use GROUP --retrying gpt-4o --why "…" --ramp 10/s',
    'Give them more retries: the next failure ends some:',
    '  holdfast extend --retrying gpt-4o --retries 5 --why "…"',
  ]);
});

test('without a worker it says how to start one', () => {
  const text = incidentText({ ...QUIET, running: 1, waiting: 1, providers: null, workers: 0 }, NOW);
  expect(text).toContain('No worker polls the task queue:\n  holdfast worker');
});

test('nothing waits', () => {
  expect(incidentText(QUIET, NOW)).toBe('0 calls run: 0 wait, 0 have an attempt in flight');
});
