import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { parseConfig } from '../../src/config/index.js';
import type { FailureFacts } from '../../src/core/errors/failure-facts.js';
import { InterruptedError, type CallProvider } from '../../src/providers/call-provider.js';
import { createCooldowns } from '../../src/providers/cooldowns.js';
import { Circuits } from '../../src/providers/circuits.js';
import { RecentLog } from '../../src/providers/recent-log.js';
import { createSlots } from '../../src/providers/slots.js';
import { runHealthChecks, type HealthCheckDeps } from '../../src/worker/health-checks.js';
import { ANSWER } from '../activities/run-attempt.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { BOARD_OF_WORKFLOW } from '../helpers/own-board.js';
import { waitFor } from '../helpers/wait-for.js';

const model = (id: string, params: object = {}, info: object = {}) => ({
  model_name: id.split('/')[0],
  litellm_params: { model: `openai/${id}`, api_base: 'http://x', api_key: 'k', ...params },
  model_info: { id, ...info },
});

const CONFIG = parseConfig(
  JSON.stringify({
    model_list: [
      model('pair/1', { tpm: 100, rpm: 1 }),
      model('pair/2'),
      model('claude', { model: 'anthropic/claude' }),
      model('quiet', {}, { disable_background_health_check: true }),
      model('words', {}, { mode: 'embedding', health_check_timeout: 3 }),
      { model_name: 'any/*', litellm_params: { model: 'openai/*', api_key: 'k' } },
    ],
    general_settings: { background_health_checks: true },
  }),
  { source: 'test', env: {} },
);

const failed = (status: number): { facts: FailureFacts } => ({
  facts: { cause: { type: 'http', status, error: {} }, phase: 'waiting for the answer', headers: {} },
});

/** One round of checks, by a worker that has to make them all. */
async function round(answer: CallProvider, set: Partial<HealthCheckDeps> = {}) {
  const stop = new AbortController();
  const asked: Parameters<CallProvider>[0][] = [];
  const circuits = new Circuits('w', systemClock.now);
  const recent = new RecentLog(systemClock.now);
  const waits: number[] = [];
  const deps: HealthCheckDeps = {
    config: CONFIG,
    callProvider: (request) => {
      asked.push(request);
      return answer(request);
    },
    clock: {
      ...systemClock,
      sleep: async (ms) => {
        waits.push(ms);
        stop.abort();
      },
    },
    cooldowns: createCooldowns(CONFIG.operational, systemClock.now, circuits),
    recent,
    slots: createSlots(CONFIG.operational),
    board: { holdOf: () => undefined, word: () => null, toCheck: async (of) => new Set(of.map(({ id }) => id)) },
    ...set,
  };
  await runHealthChecks(deps, stop.signal);
  return { asked, circuits, recent, waits };
}

const models = (asked: readonly { readonly model: string }[]) => asked.map((each) => each.model).toSorted();
const ALL = ['claude', 'pair/1', 'pair/2', 'words'];

describe('health checks', () => {
  test('ask each deployment that can be asked by its cheapest request, and show what came', async () => {
    const { asked, recent, waits } = await round(async () => ANSWER);
    expect(models(asked)).toEqual(ALL);
    expect(asked.map(({ operation, limit }) => [operation, limit.limitMs])).toContainEqual(['embeddings', 3_000]);
    expect(asked.find(({ model: name }) => name === 'claude')?.body).toMatchObject({ max_tokens: 1 });
    expect(recent.counts('pair/1')).toMatchObject({ answered: 1, failed: 0 });
    expect(waits).toEqual([300_000]);
  });

  test('a failure makes a deployment cool, as one of a call does; one that refuses the request is there', async () => {
    const { circuits, recent } = await round(async ({ model: name }) => failed(name === 'pair/2' ? 401 : 400));
    expect(circuits.of('pair/2')).toMatchObject({ state: 'open' });
    expect(recent.lastError('pair/2')).toMatchObject({ kind: 'AuthenticationError', status: 401 });
    expect([circuits.of('pair/1'), recent.lastError('pair/1')]).toEqual([undefined, null]);
    expect(recent.counts('pair/1')).toMatchObject({ answered: 1 });
  });

  test('what is held, cools, or has no slot left is not asked', async () => {
    const held = { kind: 'deployment', target: 'claude', deployments: [], by: '', why: '', sinceMs: 0, diverts: false };
    const slots = createSlots(CONFIG.operational);
    await slots.take('pair/1', {
      flow: '',
      priority: 3,
      place: undefined,
      deadlineMs: null,
      signal: AbortSignal.any([]),
    });
    const cooldowns = createCooldowns(CONFIG.operational);
    const { asked } = await round(async () => ANSWER, {
      slots,
      cooldowns: { ...cooldowns, returns: (ids) => new Map(ids.includes('words') ? [['words', 1]] : []) },
      board: {
        holdOf: (id) => (id === 'claude' ? { ...held, kind: 'deployment' } : undefined),
        word: () => null,
        toCheck: async (of) => new Set(of.map(({ id }) => id)),
      },
    });
    expect(models(asked)).toEqual(['pair/2']);
  });

  test('what is held, or begins to cool, while its check waits for its turn is not asked, and has its slot back', async () => {
    const held = { target: 'claude', deployments: [], by: '', why: '', sinceMs: 0, diverts: false };
    const inLine = new Set<string>();
    const left: string[] = [];
    const slots = createSlots(CONFIG.operational);
    const cooldowns = createCooldowns(CONFIG.operational);
    const { asked } = await round(async () => ANSWER, {
      slots: {
        ...slots,
        take: async (id) => {
          inLine.add(id);
          return { waitMs: null, release: () => undefined, giveBack: () => void left.push(id) };
        },
      },
      cooldowns: { ...cooldowns, returns: (ids) => new Map(inLine.has('words') ? ids.map((id) => [id, 1]) : []) },
      board: {
        holdOf: (id) => (id === 'claude' && inLine.has(id) ? { ...held, kind: 'deployment' } : undefined),
        word: () => null,
        toCheck: async (of) => new Set(of.flatMap(({ id }) => (['claude', 'words'].includes(id) ? id : []))),
      },
    });
    expect(models(asked)).toEqual([]);
    expect(left.toSorted()).toEqual(['claude', 'words']);
  });

  test('which another worker makes, or nobody while the board is away, are not made', async () => {
    const board = { holdOf: () => undefined, word: () => null };
    const one = await round(async () => ANSWER, { board: { ...board, toCheck: async () => new Set(['words']) } });
    expect(models(one.asked)).toEqual(['words']);
    const none = await round(async () => ANSWER, { board: { ...board, toCheck: async () => null } });
    expect([none.asked, none.waits]).toEqual([[], [10_000]]);
  });

  test('that are interrupted say nothing; without the setting there are none', async () => {
    const stopped = await round(async () => {
      throw new InterruptedError(new Error('stop'), null);
    });
    expect(stopped.recent.counts('pair/2')).toMatchObject({ answered: 0, failed: 0 });
    const { asked } = await round(async () => ANSWER, {
      config: { ...CONFIG, operational: { deployments: CONFIG.operational.deployments } },
    });
    expect(asked).toEqual([]);
  });
});

describe('deployments that nobody asks', () => {
  let holdfast: TestHoldfast;
  beforeAll(async () => {
    holdfast = await openHoldfast(
      {
        model_list: [...group('pair', [{ model: 'openai/broken-up' }, { model: 'openai/well-up' }])],
        general_settings: { background_health_checks: true },
      },
      { 'broken-up': '401' },
      BOARD_OF_WORKFLOW,
    );
  });
  afterAll(() => holdfast.close());

  test('are seen to be down before a call asks them', async () => {
    await waitFor(async () => {
      const { deployments } = await holdfast.client.providers();
      return deployments.some(({ deployment, state }) => deployment.includes('broken-up') && state === 'cooling');
    });
    await waitFor(async () => {
      const { deployments } = await holdfast.client.providers();
      return deployments.some(({ deployment, answered }) => deployment.includes('well-up') && answered > 0);
    });
  });
});
