import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { startService, type Service } from '../../src/cli/start-service.js';
import { HoldfastClient, isCallError } from '../../src/client.js';
import { loadConfig, type LoadedConfig } from '../../src/config/index.js';
import { KNOWN_KEYS, type Section } from '../../src/config/tables/known-keys.js';
import type { KeyRow } from '../../src/config/tables/known-keys/row.js';
import { keyRing } from '../../src/encryption/key-ring.js';
import { explain } from '../../src/core/explain/explain.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { urlOf } from '../../src/providers/apis.js';
import { recorded } from '../callbacks/recorded.js';
import { historyJson } from '../helpers/call-history.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';
import { installTestRuntime } from '../helpers/temporal.js';
import { CONFIGS, HEADER, INCLUDED, MASTER_KEY, TEAM_KEY } from './every-key.js';

const SCRIPT = {
  broken: '500',
  'down-up': '500',
  'small-up': 'context',
  'strict-up': 'filter',
  'silent-up': 'hang',
  'spare-up': '500,ok',
  'pair-up': '429,429,ok',
};

let folder: string;
let provider: MockProvider;
beforeAll(async () => {
  installTestRuntime();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
  provider = await startMockProvider({ script: SCRIPT });
  await writeFile(join(folder, 'included.yaml'), stringify(INCLUDED));
});
afterAll(async () => {
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  readonly config: LoadedConfig;
  readonly service: Service;
  readonly client: HoldfastClient;
  close(): Promise<void>;
}

/** Reads a config from its file, and starts a worker and a gateway under it. */
async function run(name: keyof typeof CONFIGS): Promise<Running> {
  const file = join(folder, `${name}.yaml`);
  const text = stringify(CONFIGS[name]).replaceAll('MOCK_HOST', provider.url).replaceAll('MOCK', `${provider.url}/v1`);
  await writeFile(file, text);
  const config = await loadConfig(file, { env: {} });
  const temporal = { address: inject('temporalAddress'), taskQueue: `test-${randomUUID()}` };
  provider.setScript(SCRIPT);
  const log = pino({ level: 'silent' });
  const workflowBundle = { codePath: inject('workflowBundlePath') };
  const service = await startService({ ...temporal, config, port: 0, log, drainSeconds: 0, workflowBundle });
  const client = await HoldfastClient.connect({ ...temporal, keys: keyRing(config.encryption) });
  return {
    config,
    service,
    client,
    close: async () => {
      service.stop();
      await service.stopped;
      await client.close();
    },
  };
}

const messages = [{ role: 'user' as const, content: 'hi' }];

/** The groups that were asked, each as often as there were attempts in it, and how it ended. */
async function wayOf({ client }: Running, request: { model: string; timeout?: number }): Promise<string> {
  const { kind, report } = await client
    .execute({ messages, ...request })
    .then((result) => ({ kind: 'answered', ...result }))
    .catch((error: unknown) => {
      if (!isCallError(error)) throw error;
      return error;
    });
  return [
    ...(report?.ledger.entries ?? []).filter(({ outcome }) => outcome !== 'note').map(({ group }) => group),
    kind,
  ].join(' ');
}

/** Everything that is told of these groups, as text: it has the source of each value. */
function explainedOf(config: LoadedConfig, models: readonly string[]): string {
  return JSON.stringify(models.map((model) => explain(config, {}, model)));
}

/** Asks the gateway. */
function post({ service }: Running, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${service.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ messages, ...body }),
  });
}

const callIdOf = (response: Response): string => response.headers.get('x-litellm-call-id') ?? '';

/** Settings that are no values: they are seen at work. */
const LISTS = [
  'fallback_approval',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'model_group_alias',
  'default_litellm_params',
  'callbacks',
  'sse_keepalive_ping_interval_seconds',
];

const OF_DEPLOYMENT = [
  'num_retries',
  'timeout',
  'stream_timeout',
  'rpm',
  'tpm',
  'max_parallel_requests',
  'cooldown_time',
  'allowed_fails',
  'allowed_fails_policy',
];

/** The keys of a section that a table says have an effect. */
function honoured(section: Section): string[] {
  const rows: Readonly<Record<string, KeyRow>> = KNOWN_KEYS[section];
  return Object.keys(rows).filter((key) => rows[key]?.status === 'honoured');
}

describe('under router_settings', () => {
  let running: Running;
  beforeAll(async () => {
    running = await run('router');
  });
  afterAll(() => running.close());

  test('nothing in it is ignored', () => {
    expect(running.config.notes.filter(({ kind }) => kind === 'ignored')).toEqual([]);
  });

  test('each setting is the source of something', () => {
    const told = explainedOf(running.config, ['tuned', 'down', 'small', 'strict']);
    const settings = Object.keys(CONFIGS.router.router_settings).filter((key) => !LISTS.includes(key));
    expect(settings.filter((key) => !told.includes(`"router_settings.${key}`))).toEqual([]);
    expect(OF_DEPLOYMENT.filter((key) => !told.includes(`"${key} of deployment tuned-1`))).toEqual([]);
  });

  test('a model that a wildcard serves is asked by its own name, with what the deployment and the defaults set', async () => {
    const { report } = await running.client.execute({ model: 'fast', messages });
    expect(JSON.stringify(report)).not.toContain(HEADER);
    expect(JSON.stringify(report)).toContain('any/fast-model');
    const [sent] = provider.requestsFor('fast-model');
    expect(sent?.headers).toMatchObject({ authorization: `Bearer ${PLANTED_KEY}`, 'x-team': HEADER });
    expect(sent?.body).toMatchObject({ model: 'fast-model', temperature: 0.5, top_k: 3, messages });
  });

  test('its fallback may be served by another wildcard', async () => {
    expect(await wayOf(running, { model: 'openai/broken' })).toBe('openai/broken groq/other answered');
    expect(provider.requestsFor('broken')).toHaveLength(1);
  });

  test('headers and body of a deployment; one that is blocked is not asked', async () => {
    await running.client.execute({ model: 'tuned', messages });
    const [sent, ...others] = provider.requestsFor('tuned-up');
    expect(others).toEqual([]);
    expect(sent?.headers).toMatchObject({
      'openai-organization': 'org-of-the-tests',
      'x-one': 'default',
      'x-two': 'headers',
      'x-three': 'extra',
    });
    expect(sent?.body).toMatchObject({ seed: 7 });
  });

  test('Azure is asked in its own form', async () => {
    await running.client.execute({ model: 'azure', messages });
    const [sent] = provider.requestsFor('of-azure');
    expect(sent?.path).toBe('/openai/deployments/of-azure/chat/completions?api-version=2024-10-21');
    expect(sent?.headers).toMatchObject({ 'api-key': PLANTED_KEY });
  });

  test.each([
    ['down', 'down down spare included answered'],
    ['small', 'small large answered'],
    ['strict', 'strict careless answered'],
    ['nobody', 'included answered'],
    ['included', 'included answered'],
  ])('the way of a call for %s', async (model, way) => {
    expect(await wayOf(running, { model })).toBe(way);
  });

  test('callbacks are told', async () => {
    const callId = `key-${randomUUID()}`;
    await running.client.execute({ model: 'included', messages }, { idempotencyKey: callId });
    expect(await recorded(callId, 1)).toMatchObject([{ type: 'success', group: 'included' }]);
  });

  test('the gateway lets in whom it knows, for the groups that they may use', async () => {
    const ask = async (model: string, key: string) =>
      (await post(running, { model }, { authorization: `Bearer ${key}` })).status;
    expect(await ask('included', MASTER_KEY)).toBe(200);
    expect(await ask('tuned', TEAM_KEY)).toBe(200);
    expect(await ask('included', TEAM_KEY)).toBeGreaterThanOrEqual(400);
    expect(await ask('tuned', PLANTED_KEY)).toBe(401);
  });

  test('a call that is answered at once is a workflow where its key says so', async () => {
    const ask = (key: string) => post(running, { model: 'tuned' }, { authorization: `Bearer ${key}` });
    const ofMaster = running.client.handle(callIdOf(await ask(MASTER_KEY)));
    await expect(ofMaster.describe()).rejects.toMatchObject({ kind: 'NotFoundError' });
    const ofTeam = running.client.handle(callIdOf(await ask(TEAM_KEY)));
    expect(await ofTeam.describe()).toMatchObject({ state: 'answered' });
  });
});

describe('under litellm_settings', () => {
  let running: Running;
  beforeAll(async () => {
    running = await run('litellm');
  });
  afterAll(() => running.close());

  test('each setting is the source of something', () => {
    const told = explainedOf(running.config, ['silent']);
    const settings = Object.keys(CONFIGS.litellm.litellm_settings).filter((key) => !LISTS.includes(key));
    expect(settings.filter((key) => !told.includes(`"litellm_settings.${key}`))).toEqual([]);
  });

  test.each([
    ['down', 'down down spare spare answered'],
    ['small', 'small large answered'],
    ['strict', 'strict careless answered'],
    ['silent', 'silent silent last answered'],
    ['nobody', 'last answered'],
  ])('the way of a call for %s', async (model, way) => {
    expect(await wayOf(running, { model })).toBe(way);
  });

  test('Bedrock is asked in its region', () => {
    const { id, model } = running.config.routing.groups['bedrock']?.[0] ?? {};
    const connection = running.config.connections[id ?? ''];
    expect(connection && urlOf(connection, 'chat.completions', model ?? '')).toContain('bedrock-runtime.eu-west-1');
  });

  test('requests with AWS keys are signed', async () => {
    const response = await post(running, { model: 'signed' });
    expect(response.status).toBe(200);
    const { headers } = provider.requestsFor('of-bedrock').at(-1) ?? {};
    expect(headers?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/bedrock\//);
    expect(headers).toMatchObject({ 'x-amz-security-token': HEADER });
  });

  test('who cannot sign in asks nobody, and says so', async () => {
    const response = await post(running, { model: 'vertex', disable_fallbacks: true });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('signing in at Google Cloud failed');
  });

  test.each([
    ['vertex', 'https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/'],
    ['vertex-by-other-names', 'https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/'],
  ])('%s is asked at its place', (group, url) => {
    const [plan] = running.config.routing.groups[group] ?? [];
    const connection = running.config.connections[plan?.id ?? ''];
    expect(connection && urlOf(connection, 'chat.completions', plan?.model ?? '')).toContain(url);
  });

  test('first attempts are made by activities, with the headers of the client that are handed on', async () => {
    const response = await post(running, { model: 'large' }, { 'x-title': 'of the client' });
    expect(response.status).toBe(200);
    expect(provider.requestsFor('large-up').at(-1)?.headers).toMatchObject({ 'x-title': 'of the client' });
    expect(await historyJson(callIdOf(response))).toContain('EVENT_TYPE_ACTIVITY_TASK_COMPLETED');
  });

  test('a call of which every attempt failed has the status that clients do not retry', async () => {
    const response = await post(running, { model: 'down', disable_fallbacks: true });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('InternalServerError');
  });
});

test('under disable_cooldowns no deployment is left out', async () => {
  const running = await run('noCooldowns');
  try {
    expect(await wayOf(running, { model: 'pair' })).toBe('pair pair RateLimitError');
    // With cooldowns this call would have no time to wait for one of the two.
    expect(await wayOf(running, { model: 'pair', timeout: 60 })).toBe('pair answered');
    expect(explainedOf(running.config, ['pair'])).toContain('"router_settings.disable_cooldowns"');
  } finally {
    await running.close();
  }
});

describe('the configs that run hold every key that is honoured', () => {
  const all = Object.values(CONFIGS) as readonly Record<string, unknown>[];
  const sections: { readonly [section in Section]: readonly unknown[] } = {
    '': all,
    general_settings: all.map(({ general_settings: section }) => section),
    api_keys: [...CONFIGS.router.general_settings.api_keys],
    router_settings: all.map(({ router_settings: section }) => section),
    litellm_settings: all.map(({ litellm_settings: section }) => section),
    model_list: all.flatMap(({ model_list: models }) => models),
    litellm_params: models().map(({ litellm_params: params }) => params),
    model_info: models().map(({ model_info: info }) => info),
    credential_list: [...CONFIGS.router.credential_list],
    encryption: [CONFIGS.router.encryption],
    encryption_keys: [...CONFIGS.router.encryption.keys],
    external_storage: [CONFIGS.router.external_storage],
    webhooks: CONFIGS.router.webhooks,
    retry_policy: all.map((config) => (config['router_settings'] as Record<string, unknown>)['retry_policy']),
    allowed_fails_policy: [CONFIGS.router.router_settings.allowed_fails_policy],
  };
  /** Defaults are parameters of each deployment, too. */
  function models(): Record<string, unknown>[] {
    const listed = all.flatMap(({ model_list: entries }) => entries as Record<string, unknown>[]);
    return [...listed, { litellm_params: CONFIGS.router.router_settings.default_litellm_params }];
  }

  test.each(Object.keys(KNOWN_KEYS) as Section[])('section "%s"', (section) => {
    const held = new Set(sections[section].flatMap((value) => Object.keys(value ?? {})));
    expect(honoured(section).filter((key) => !held.has(key))).toEqual([]);
  });
});
