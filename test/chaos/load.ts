import type { Script, Step } from '../../src/mock-provider/index.js';
import { testRows, type TestRow } from '../helpers/batch.js';
import { group } from '../helpers/holdfast.js';
import { seeded } from './seeded.js';

/** What a run asks of one of its gateways. */
export interface PlannedCall {
  readonly atMs: number;
  /** Of this call alone: by it the provider's requests are told apart. */
  readonly prompt: string;
  readonly model: string;
  readonly gateway: 'serve' | 'gateway';
  readonly stream: boolean;
  /** Null: a call without an idempotency key. */
  readonly key: string | null;
  readonly durability: 'always' | 'on-failure';
  /** Characters that stand in the request beside the prompt. */
  readonly paddingLength: number;
}

const CALLS_PER_MINUTE = 100;
const ROWS_PER_MINUTE = 200;
const MAX_ROWS = 2_000;
const LOADED_SHARE = 0.85;

export const CALL_TIMEOUT_SECONDS = 150;

/** A key of the provider and one of the gateways. Neither may be found in anything that a process writes. */
export const SECRETS = { provider: 'sk-chaos-provider-0123456789abcdef', gateway: 'sk-chaos-gateway-fedcba9876543210' };

export function callsOf(seed: number, lengthMs: number): PlannedCall[] {
  const chance = seeded(seed, 'calls');
  const count = Math.round((lengthMs / 60_000) * CALLS_PER_MINUTE);
  return Array.from({ length: count }, (_, index) => ({
    atMs: Math.round((index / count) * lengthMs * LOADED_SHARE),
    prompt: `chaos ${seed} call ${index}`,
    model: chance.pick(['single', 'pair', 'spared']),
    gateway: chance.pick(['serve', 'gateway']),
    stream: chance.happens(0.35),
    key: chance.happens(0.6) ? `chaos-${seed}-${index}` : null,
    durability: chance.happens(0.2) ? 'on-failure' : 'always',
    paddingLength: chance.happens(0.1) ? Math.round(chance.between(10_000, 200_000)) : 0,
  }));
}

export function rowsOf(seed: number, lengthMs: number): TestRow[] {
  const count = Math.min(MAX_ROWS, Math.round((lengthMs / 60_000) * ROWS_PER_MINUTE));
  return testRows(count, ['single', 'pair', 'spared']).map((row) => ({
    ...row,
    prompt: `chaos ${seed} ${row.customId}`,
  }));
}

/** Rows at a time with which a batch lasts as long as the faults do. */
export const BATCH_CONCURRENCY = 4;
export const PROVIDER_LATENCY_MS = 400;

const LEAKY: Step = {
  status: 500,
  error: { message: `no such luck, Bearer ${SECRETS.provider}`, type: 'server_error' },
};
const FAULTS: readonly Step[] = [
  { status: 429, headers: { 'retry-after': '1' } },
  { status: 429, headers: { 'retry-after': '3' } },
  { status: 500 },
  { status: 503 },
  { cut: true },
  { hang: true },
  { delay: 2 },
  LEAKY,
];

export function scriptOf(seed: number): Script {
  const mix = (rate: number, salt: number) => ({ rate, faults: FAULTS, seed: seed * 10 + salt });
  return { 'single-up': mix(0.15, 1), 'pair-a': mix(0.2, 2), 'pair-b': mix(0.1, 3), 'spared-up': mix(0.2, 4) };
}

/** `MOCK` stands for the provider. */
export const CONFIG = {
  model_list: [...group('single'), ...group('pair', ['pair-a', 'pair-b']), ...group('spared')].map((deployment) => ({
    ...deployment,
    litellm_params: { ...deployment.litellm_params, api_key: 'os.environ/CHAOS_PROVIDER_KEY' },
  })),
  router_settings: {
    num_retries: 20,
    max_retry_delay: 2,
    // Of the provider's faults, one hangs.
    timeout: 6,
    stream_idle_timeout: 6,
    cooldown_time: 2,
    max_lost_attempts: 20,
    fallbacks: [{ spared: ['single'] }],
  },
  general_settings: { master_key: 'os.environ/CHAOS_GATEWAY_KEY' },
};
