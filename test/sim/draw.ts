import type { LoadedConfig } from '../../src/config/index.js';
import type { BatchSpec } from '../../src/core/batch/batch.js';
import type { RawRequest } from '../../src/core/plan/request.js';
import type { Chance } from './chance.js';
import { CROWD_GROUP } from './crowd.js';
import type { Mood } from './provider.js';
import type { VirtualTime } from './virtual-time.js';

const POLICY_FIELDS = [
  'RateLimitErrorRetries',
  'TimeoutErrorRetries',
  'InternalServerErrorRetries',
  'BadRequestErrorRetries',
  'AuthenticationErrorRetries',
  'ContentPolicyViolationErrorRetries',
  'ServiceUnavailableErrorRetries',
  'NotFoundErrorRetries',
  'DefaultRetries',
];

function drawPolicy(chance: Chance): Record<string, number> {
  const fields = POLICY_FIELDS.filter(() => chance.is(0.3));
  return Object.fromEntries(fields.map((field) => [field, chance.whole(0, 5)]));
}

interface DrawnConfig {
  readonly model_list: readonly object[];
}

/** A config like any other, and the models that its deployments name. */
export function drawConfig(chance: Chance): { config: DrawnConfig; models: readonly string[] } {
  const groups = Array.from({ length: chance.whole(1, 5) }, (_, number) => `g${number}`);
  const deployments = groups.flatMap((group) =>
    Array.from({ length: chance.whole(1, 3) }, (_, number) => ({ group, model: `${group}-d${number}` })),
  );
  const list = (from: string) => ({ [from]: groups.filter((group) => group !== from && chance.is(0.5)) });
  const lists = (probability: number) => groups.filter(() => chance.is(probability)).map(list);
  const sometimes = (probability: number, value: () => object) => (chance.is(probability) ? value() : {});
  const config = {
    model_list: deployments.map(({ group, model }) => ({
      model_name: group,
      litellm_params: {
        model: `openai/${model}`,
        api_base: 'http://127.0.0.1:1/v1',
        api_key: 'k',
        ...sometimes(0.3, () => ({ timeout: chance.whole(1, 60) })),
        ...sometimes(0.3, () => ({ order: chance.whole(1, 3) })),
        ...sometimes(0.2, () => ({ num_retries: chance.whole(0, 4) })),
        ...sometimes(0.2, () => ({ rpm: chance.whole(2, 60) })),
        ...sometimes(0.2, () => ({ max_parallel_requests: chance.whole(1, 5) })),
      },
    })),
    router_settings: {
      ...sometimes(0.5, () => ({ num_retries: chance.whole(0, 6) })),
      ...sometimes(0.5, () => ({ retry_policy: drawPolicy(chance) })),
      ...sometimes(0.3, () => ({ model_group_retry_policy: { [chance.of(groups)]: drawPolicy(chance) } })),
      ...sometimes(0.7, () => ({ fallbacks: lists(0.7) })),
      ...sometimes(0.3, () => ({ context_window_fallbacks: lists(0.5) })),
      ...sometimes(0.3, () => ({ content_policy_fallbacks: lists(0.5) })),
      ...sometimes(0.3, () => ({ default_fallbacks: [chance.of(groups)] })),
      ...sometimes(0.3, () => ({ max_fallbacks: chance.whole(0, 4) })),
      ...sometimes(0.2, () => ({ retry_after: chance.whole(1, 20) })),
      ...sometimes(0.3, () => ({ max_retry_delay: chance.whole(1, 120) })),
      ...sometimes(0.3, () => ({ cooldown_time: chance.whole(0, 120) })),
      ...sometimes(0.3, () => ({ allowed_fails: chance.whole(0, 5) })),
      ...sometimes(0.2, () => ({ num_retries_per_request: chance.whole(0, 6) })),
      ...sometimes(0.2, () => ({ max_lost_attempts: chance.whole(0, 3) })),
      ...sometimes(0.3, () => ({ fallback_reserve: chance.of([0, 0.1, 0.5]) })),
      timeout: chance.whole(5, 120),
    },
  };
  for (const { litellm_params: params } of config.model_list) {
    Object.assign(
      params,
      sometimes(0.2, () => ({ tpm: chance.whole(10, 40) })),
    );
  }
  return { config, models: deployments.map(({ model }) => model) };
}

/** What somebody asks for. */
export function drawRequest(chance: Chance, { routing }: LoadedConfig, who: string): RawRequest {
  const groups = Object.keys(routing.groups).filter((group) => group !== CROWD_GROUP);
  const request: Record<string, unknown> = {
    model: chance.of(groups),
    messages: [{ role: 'user', content: who }],
  };
  if (chance.is(0.4)) request['timeout'] = chance.whole(1, 400);
  if (chance.is(0.15)) request['num_retries'] = chance.whole(0, 5);
  if (chance.is(0.1)) request['retry_policy'] = drawPolicy(chance);
  if (chance.is(0.1)) request['fallbacks'] = groups.filter(() => chance.is(0.5));
  if (chance.is(0.05)) request['disable_fallbacks'] = true;
  if (chance.is(0.1)) request['max_fallbacks'] = chance.whole(0, 4);
  return request as RawRequest;
}

/** How a batch is run. */
export function drawBatch(chance: Chance, name: string, nowMs: number): BatchSpec {
  return {
    input: `file:///sim/${name}.jsonl`,
    output: `file:///sim/${name}`,
    mode: chance.of(['packed', 'packed', 'workflow']),
    concurrency: chance.whole(1, 30),
    chunkRows: chance.whole(1, 20),
    priority: 3,
    settings: chance.is(0.3) ? { timeout: chance.whole(20, 600) } : {},
    groupConcurrency: chance.is(0.3) ? { g0: chance.whole(1, 4) } : {},
    maxTokensTotal: chance.is(0.2) ? chance.whole(1, 300) : null,
    ...(chance.is(0.1) && { expiresMs: nowMs + chance.whole(1, 20 * MINUTE_MS) }),
  };
}

const MOODS: readonly Mood[] = [
  {},
  {},
  { 'rate limit': 0.3, 'server error': 0.1 },
  { 'rate limit': 0.9, 'rate limit without a word': 0.1 },
  { 'server error': 0.3, 'bad gateway': 0.1, overloaded: 0.2, reset: 0.1, 'gateway timeout': 0.1 },
  { overloaded: 1 },
  { 'server error': 1 },
  { hangs: 0.5, reset: 0.2, 'no answer in it': 0.1 },
  { 'bad request': 0.2, 'context window': 0.2, 'content policy': 0.2, conflict: 0.1, 'quota is used up': 0.1 },
  { 'wrong key': 0.5, 'not found': 0.3 },
  { 'rate limit without a word': 0.5, 'server error': 0.2, hangs: 0.1, 'bad request': 0.05 },
];

const MINUTE_MS = 60_000;
const LONGEST_MOOD_MS = 5 * MINUTE_MS;

/** How each deployment answers, which changes now and then. */
export function drawMoods(
  models: readonly string[],
  chance: Chance,
  time: VirtualTime,
  busyMs: number,
): (model: string) => Mood {
  const changes = new Map(
    models.map((model) => {
      const moods: { readonly fromMs: number; readonly mood: Mood }[] = [];
      for (let fromMs = time.nowMs; fromMs < time.nowMs + busyMs; fromMs += chance.whole(5_000, LONGEST_MOOD_MS)) {
        moods.push({ fromMs, mood: chance.of(MOODS) });
      }
      // Faults come to their end: calls without a timeout wait as long as a provider is down.
      moods.push({ fromMs: time.nowMs + busyMs, mood: {} });
      return [model, moods];
    }),
  );
  return (model) => changes.get(model)?.findLast(({ fromMs }) => fromMs <= time.nowMs)?.mood ?? {};
}
