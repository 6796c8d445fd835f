import { describe, expect, test } from 'vitest';
import {
  EMPTY_BOARD,
  takeReport,
  withoutLost,
  type Board,
  type DeploymentNews,
  type DeploymentUse,
  type DeploymentWord,
} from '../../../src/core/deployments/board.js';
import { boardTable } from '../../../src/core/deployments/board-text.js';
import { circuitState, isProbedBy, type CircuitEvent } from '../../../src/core/deployments/circuit.js';
import type { Hold } from '../../../src/core/deployments/hold.js';
import { boardStatus } from '../../../src/core/deployments/board-status.js';
import { LEASE_MS, NO_OTHERS } from '../../../src/core/deployments/shares.js';
import { rampFrom } from '../../../src/core/deployments/ramp.js';
import { NOW_MS } from '../build.js';

const NEWS: DeploymentNews = {
  about: { group: 'g', provider: 'openai', host: 'api.openai.com' },
  listens: false,
  waiting: 0,
  events: [],
  recent: { answered: 0, failed: 0, p50Ms: null, tokens: 0 },
  lastError: null,
  failures: {},
};

const HOLD: Hold = {
  kind: 'group',
  target: 'g',
  deployments: ['a'],
  by: 'ann',
  why: 'too dear',
  sinceMs: NOW_MS - 5_000,
  diverts: true,
};

/** Workers that report on one deployment. */
class Workers {
  board: Board = EMPTY_BOARD;
  nowMs = NOW_MS;

  report(worker: string, news: Partial<DeploymentNews> = {}, use: Partial<DeploymentUse> = {}): DeploymentWord {
    const told = { limits: {}, keeps: {}, sent: 0, inFlight: 0, due: 0, news: { ...NEWS, ...news }, ...use };
    const { board, view } = takeReport(this.board, { worker, deployments: { a: told } }, this.nowMs);
    this.board = board;
    return view['a']!.word!;
  }

  /** What a worker sees that reports now. */
  sees(worker: string, ...events: CircuitEvent[]): { state: string; isMine: boolean } {
    const { circuit } = this.report(worker, { events });
    return { state: circuitState(circuit, 0), isMine: isProbedBy(circuit, worker) };
  }
}

describe('what one worker learns', () => {
  test('all know with their next report: a cooldown, by how long it lasts', () => {
    const workers = new Workers();
    workers.report('w1', { events: [{ type: 'cools', untilMs: 5_000 }] });
    workers.nowMs += 1_000;
    expect(workers.report('w2').circuit).toMatchObject({ state: 'open', untilMs: 4_000 });
    workers.nowMs += 4_000;
    expect(workers.sees('w3').state).toBe('half-open');
  });

  test('one of them probes after a cooldown, and all follow when it has an answer', () => {
    const workers = new Workers();
    for (const worker of ['w1', 'w2', 'w3']) workers.report(worker);
    workers.report('w1', { events: [{ type: 'cools', untilMs: 1_000 }] });
    workers.nowMs += 1_000;
    expect(workers.sees('w2', { type: 'probes' })).toEqual({ state: 'probing', isMine: true });
    expect(workers.sees('w3', { type: 'probes' })).toEqual({ state: 'probing', isMine: false });
    workers.nowMs += 500;
    expect(workers.sees('w2', { type: 'answered' }).state).toBe('ramp');
    expect(workers.report('w1')).toMatchObject({ circuit: { state: 'ramp', perSecond: 5, sinceMs: 0 }, workers: 3 });
    for (let second = 0; second < 20; second++) {
      workers.nowMs += 1_000;
      for (const worker of ['w1', 'w2', 'w3']) workers.report(worker);
    }
    expect(workers.sees('w1').state).toBe('closed');
  });

  test('when the worker with the probe is lost, another one probes', () => {
    const workers = new Workers();
    workers.report('w1', { events: [{ type: 'cools', untilMs: 0 }] });
    workers.sees('w1', { type: 'probes' });
    for (let second = 0; second < 4; second++) {
      workers.nowMs += 1_000;
      expect(workers.sees('w2', { type: 'probes' })).toEqual({ state: 'probing', isMine: false });
    }
    workers.nowMs += 1_000;
    expect(workers.sees('w2', { type: 'probes' })).toEqual({ state: 'probing', isMine: true });
    // Frozen until now, it has its answer all the same.
    expect(workers.sees('w1', { type: 'answered' }).state).toBe('ramp');
  });

  test('failures of a minute are counted over all', () => {
    const workers = new Workers();
    workers.report('w1', { failures: { Timeout: 2 } });
    workers.report('w2', { failures: { Timeout: 1, RateLimitError: 4 } });
    expect(workers.report('w3').failures).toEqual({ Timeout: 3, RateLimitError: 4 });
    expect(workers.report('w1', { failures: { Timeout: 2 } }).failures).toEqual({ Timeout: 1, RateLimitError: 4 });
    workers.nowMs += 60_000;
    expect(workers.report('w3').failures).toEqual({});
  });

  test('the last error is the latest of all, whoever reports last', () => {
    const workers = new Workers();
    const error = (message: string, atMs: number) => ({ kind: 'Timeout', status: 408, message, atMs }) as const;
    const last = () => boardStatus(workers.board, workers.nowMs).deployments[0]?.lastError?.message;
    workers.report('w1', { lastError: error('late', -1_000) });
    workers.report('w2', { lastError: error('early', -5_000) });
    expect(last()).toBe('late');
    workers.report('w2', { lastError: error('later', -500) });
    workers.report('w1', { lastError: null });
    expect(last()).toBe('later');
  });

  test('success is told as a share, and until when it cools only while it does', () => {
    const workers = new Workers();
    const shown = () => boardStatus(workers.board, workers.nowMs).deployments[0];
    workers.report('w1', { events: [{ type: 'cools', untilMs: 1_000 }] });
    expect(shown()).toMatchObject({ state: 'cooling', until: expect.any(String), successRate: null });
    workers.report('w1', { recent: { answered: 3, failed: 1, p50Ms: 5, tokens: 0 } });
    workers.nowMs += 1_000;
    expect(shown()).toMatchObject({ state: 'half-open', until: null, successRate: 0.75 });
  });

  test('is heard also by a worker that has no calls, and takes no share', () => {
    const workers = new Workers();
    const limits = { rpm: 60 };
    workers.report('w1', {}, { limits });
    workers.report('w2', { events: [{ type: 'cools', untilMs: 9_000 }] }, { limits, sent: 5 });
    const { circuit } = workers.report('w2', { listens: true }, { limits, sent: 8 });
    expect(circuit).toMatchObject({ state: 'open' });
    expect(Object.keys(workers.board.deployments['a']!.workers)).toEqual(['w1']);
    expect(boardStatus(workers.board, workers.nowMs).deployments).toMatchObject([{ requestsInMinute: 3, workers: 1 }]);
  });

  test('says nothing to a worker of before, which tells no news', () => {
    const use = { limits: { rpm: 10 }, keeps: {}, sent: 0, inFlight: 0, due: 2 };
    const { board, view } = takeReport(EMPTY_BOARD, { worker: 'w1', deployments: { a: use } }, NOW_MS);
    expect(view['a']).toEqual({ share: { rpm: 5 }, others: NO_OTHERS, burst: 5 });
    expect(boardStatus(board, NOW_MS).deployments).toMatchObject([{ deployment: 'a', group: null, waiting: 2 }]);
  });

  test('one that comes back after a rest leaves their parts to those that had calls lately, and to nobody else', () => {
    const limits = { rpm: 600 };
    const shareAfterRest = (...names: string[]) => {
      const workers = new Workers();
      for (const name of names) workers.report(name, {}, { limits });
      workers.nowMs += LEASE_MS;
      workers.report('w1', {}, { limits });
      return workers.board.deployments['a']?.workers['w1']?.share.rpm;
    };
    expect(shareAfterRest('w1')).toBe(600);
    expect(shareAfterRest('w1', 'w2', 'w3')).toBe(200);
  });

  test('is forgotten when nobody asks for long', () => {
    const workers = new Workers();
    const lastError = { kind: 'Timeout', status: 408, message: 'late', atMs: -1_000 } as const;
    workers.report('w1', { events: [{ type: 'cools', untilMs: 0 }], lastError });
    expect(withoutLost(workers.board, NOW_MS + 298_000).deployments['a']?.lastError).not.toBe(null);
    expect(withoutLost(workers.board, NOW_MS + 299_000).deployments['a']).toMatchObject({ lastError: null });
    expect(withoutLost(workers.board, NOW_MS + 599_999).deployments['a']).toMatchObject({ told: {}, workers: {} });
    expect(withoutLost(workers.board, NOW_MS + 600_000)).toEqual(EMPTY_BOARD);
  });

  test('a ramp that somebody asked for lasts while calls wait', () => {
    const workers = new Workers();
    workers.report('w1', { waiting: 3 });
    const deployment = { ...workers.board.deployments['a']!, circuit: rampFrom(NOW_MS - 80_000, 10) };
    const ramped = { deployments: { a: deployment } };
    expect(withoutLost(ramped, NOW_MS + 4_999).deployments['a']?.circuit).toMatchObject({ state: 'ramp' });
    expect(withoutLost(ramped, NOW_MS + 5_000).deployments['a']?.circuit).toBe(undefined);
  });
});

describe('what the board shows', () => {
  const workers = new Workers();
  const recent = { answered: 8, failed: 2, p50Ms: 400, tokens: 900 };
  const lastError = { kind: 'RateLimitError', status: 429, message: 'slow down', atMs: -2_000 } as const;
  const limits = { rpm: 60, tpm: 6_000, maxParallelRequests: 4 };
  workers.report('w1', { recent, lastError, waiting: 5 }, { limits, inFlight: 1 });
  workers.report('w2', { events: [{ type: 'cools', untilMs: 9_000 }] }, { limits, inFlight: 2 });
  workers.report('w2', { lastError: { ...lastError, atMs: -9_000 } }, { limits, inFlight: 2, sent: 6 });

  test('of a deployment: whose it is, where, how it stands, what it is used for, what went wrong last', () => {
    expect(boardStatus(workers.board, NOW_MS)).toEqual({
      deployments: [
        {
          deployment: 'a',
          group: 'g',
          provider: 'openai',
          host: 'api.openai.com',
          state: 'cooling',
          until: '2026-11-22T12:00:09.000Z',
          hold: null,
          workers: 2,
          inFlight: 3,
          maxParallelRequests: 4,
          waiting: 5,
          requestsInMinute: 6,
          rpm: 60,
          tokensInMinute: 900,
          tpm: 6_000,
          answered: 8,
          failed: 2,
          successRate: 0.8,
          p50Ms: 400,
          lastError: { kind: 'RateLimitError', status: 429, message: 'slow down', at: '2026-11-22T11:59:58.000Z' },
        },
      ],
      holds: [],
    });
  });

  test('of a hold: by whom, why, since when; a worker hears it with its next report', () => {
    const held = new Workers();
    held.board = { ...workers.board, holds: [HOLD] };
    const hold = {
      kind: 'group',
      target: 'g',
      by: 'ann',
      why: 'too dear',
      diverts: true,
      since: '2026-11-22T11:59:55.000Z',
    };
    expect(boardStatus(held.board, NOW_MS)).toMatchObject({ deployments: [{ state: 'held', hold }], holds: [hold] });
    expect(held.report('w3').hold).toEqual({ ...HOLD, sinceMs: -5_000 });
    const table = boardTable(held.board, NOW_MS).split('\n');
    expect(table.slice(-2)).toEqual(['', '- group g: held by ann since 2026-11-22T11:59:55.000Z']);
  });

  test('as a table', () => {
    expect(boardTable(workers.board, NOW_MS).split('\n').slice(2)).toEqual([
      '| a | cooling until 2026-11-22T12:00:09.000Z | 6 / 60 | 900 / 6000 | 3 / 4 | 5 | 8 / 2 | 400 ms | ' +
        'RateLimitError (429) at 2026-11-22T11:59:58.000Z | 2 |',
    ]);
  });
});

test('a hold of a deployment that no worker has told of', () => {
  const use = { limits: { rpm: 60 }, keeps: {}, sent: 0, inFlight: 0, due: 0 };
  const { board } = takeReport(EMPTY_BOARD, { worker: 'w1', deployments: { a: use } }, NOW_MS);
  expect(boardStatus({ ...board, holds: [HOLD] }, NOW_MS).deployments).toMatchObject([{ state: 'held' }]);
});
