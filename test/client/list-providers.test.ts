import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { providersText } from '../../src/cli/providers.js';
import { HoldfastClient } from '../../src/client.js';
import { PROVIDER_BOARD, providerBoardId } from '../../src/core/deployments/board-messages.js';
import type { ProviderStatus } from '../../src/core/deployments/board-status.js';
import { connectedTo, runCli } from '../cli/run-cli.js';
import { withClient } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { BOARD_OF_WORKFLOW } from '../helpers/own-board.js';
import { group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const NOW = new Date('2026-11-29T12:00:00');
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString();

const OK: ProviderStatus = {
  deployment: 'gpt#gpt-4o',
  group: 'gpt',
  provider: 'openai',
  host: 'api.openai.com',
  state: 'closed',
  until: null,
  hold: null,
  workers: 2,
  inFlight: 3,
  maxParallelRequests: 20,
  waiting: 12,
  requestsInMinute: 412,
  rpm: 600,
  tokensInMinute: 81_250,
  tpm: null,
  answered: 99,
  failed: 1,
  successRate: 0.99,
  p50Ms: 1234,
  lastError: null,
};

describe('the table of providers', () => {
  test('has a line of numbers for each, and what is to be said of it, within 80 columns', () => {
    const hold = { kind: 'group', target: 'azure', by: 'ops', why: 'maintenance until noon', diverts: false } as const;
    const cooling: ProviderStatus = {
      ...OK,
      deployment: 'azure#gpt-4o',
      group: 'azure',
      state: 'cooling',
      until: ago(-90_000),
      successRate: null,
      p50Ms: null,
      hold: { ...hold, since: ago(60_000) },
      lastError: { kind: 'RateLimitError', status: 429, message: `Too\nmany ${'requests '.repeat(9)}`, at: ago(5000) },
    };
    const holds = [{ ...hold, target: 'idle', since: ago(0) }];
    const text = providersText({ deployments: [OK, cooling], holds }, NOW);
    expect(text.split('\n')).toEqual([
      'DEPLOYMENT    STATE    IN FLIGHT  WAITING  RPM      TPM    OK   P50',
      'gpt#gpt-4o    ok       3/20       12       412/600  81250  99%  1.2 s',
      '  group gpt: openai at api.openai.com',
      'azure#gpt-4o  cooling  3/20       12       412/600  81250',
      '  group azure: openai at api.openai.com',
      '  cools until 12:01:30 (in 1 min 30 s)',
      '  held by ops since 11:59:00: maintenance until noon',
      '  last error at 11:59:55: RateLimitError (429) Too many requests requests reque…',
      'group idle is held by ops since 12:00:00: maintenance until noon',
    ]);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('says that there were no calls', () => {
    expect(providersText({ deployments: [], holds: [] }, NOW)).toBe('no calls in the last minutes');
  });
});

/** A route of the description whose body has these fields. */
const taking = (...fields: string[]) => {
  const properties = Object.fromEntries(fields.map((field) => [field, expect.anything()]));
  return { post: { requestBody: { content: { 'application/json': { schema: { properties } } } } } };
};

describe('the providers of a task queue', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const someone = { id: 'someone', sha256: createHash('sha256').update('sk-someone').digest('hex') };
    gateway = await openGateway(
      {
        model_list: group('good', [{ model: 'openai/good-up', rpm: 600 }]),
        general_settings: { master_key: 'sk-master', api_keys: [someone] },
      },
      { 'good-up': 'ok' },
      BOARD_OF_WORKFLOW,
    );
  });
  afterAll(() => gateway.close());

  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

  test('are told to whoever has the master key, by the client and by the command line', async () => {
    const json = { model: 'good', messages: [{ role: 'user', content: 'hi' }] };
    expect((await gateway.fetch('/v1/chat/completions', { ...as('sk-master'), json })).status).toBe(200);
    const good = { group: 'good', provider: 'openai', host: new URL(gateway.provider.url).host, rpm: 600 };
    await waitFor(async () => {
      const { deployments } = await gateway.client.providers();
      return deployments.some(({ answered }) => answered === 1);
    });
    expect((await gateway.client.providers()).deployments).toEqual([expect.objectContaining(good)]);
    const response = await gateway.fetch('/holdfast/providers', as('sk-master'));
    expect(await response.json()).toMatchObject({ deployments: [good] });
    expect((await gateway.fetch('/holdfast/providers', as('sk-someone'))).status).toBe(403);
    const { stdout } = await runCli(connectedTo(gateway.taskQueue, ['providers']));
    expect(stdout).toMatch(/^DEPLOYMENT .*\ngood#good-up .*\n {2}group good: openai at 127\.0\.0\.1/);
    const { stdout: asJson } = await runCli(connectedTo(gateway.taskQueue, ['providers', '--json']));
    expect(JSON.parse(asJson)).toMatchObject({ deployments: [good], holds: [] });
  });

  test('are held and released over HTTP with the master key; a body that is none says what it lacks', async () => {
    const post = async (path: string, json: object, key = 'sk-master') => {
      const response = await gateway.fetch(path, { ...as(key), json });
      return { status: response.status, body: (await response.json()) as { error?: { message: string } } };
    };
    const hold = { target: 'good', why: 'the bill', divert: true };
    expect((await post('/holdfast/holds', hold, 'sk-someone')).status).toBe(403);
    const held = { kind: 'group', target: 'good', by: 'key master', why: 'the bill', diverts: true };
    expect(await post('/holdfast/holds', hold)).toMatchObject({ status: 201, body: held });
    expect((await gateway.client.providers()).holds).toEqual([expect.objectContaining(held)]);
    for (const [path, json, lack] of [
      ['/holdfast/holds', { target: 'good' }, 'why'],
      ['/holdfast/holds', { ...hold, why: ' ' }, '"why" must give a reason, in at most 300 characters'],
      ['/holdfast/holds', { ...hold, until: 'noon' }, 'until'],
      ['/holdfast/releases', { target: 'good', per_second: 0 }, 'per_second'],
    ] as const) {
      const { status, body } = await post(path, json);
      expect([status, body.error?.message]).toEqual([400, expect.stringContaining(lack)]);
    }
    expect((await post('/holdfast/holds', { ...hold, target: 'nope' })).status).toBe(404);
    expect(await post('/holdfast/releases', { target: 'good', per_second: 10 })).toMatchObject({
      status: 200,
      body: held,
    });
    expect((await post('/holdfast/releases', { target: 'good' })).status).toBe(404);
    expect(await (await gateway.fetch('/openapi.json', as('sk-master'))).json()).toMatchObject({
      paths: {
        '/holdfast/holds': taking('target', 'why', 'by', 'divert'),
        '/holdfast/releases': taking('target', 'per_second'),
      },
    });
  });

  test('are none where nobody has called; without a worker nobody can tell', async () => {
    const taskQueue = `nobody-${randomUUID()}`;
    const client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue });
    try {
      expect(await client.providers()).toEqual({ deployments: [], holds: [] });
      await withClient((temporal) =>
        temporal.workflow.start(PROVIDER_BOARD, { taskQueue, workflowId: providerBoardId(taskQueue), args: [{}] }),
      );
      await expect(client.providers()).rejects.toThrow(`no worker polls task queue "${taskQueue}"`);
      await withClient((temporal) => temporal.workflow.getHandle(providerBoardId(taskQueue)).terminate());
      expect(await client.providers()).toEqual({ deployments: [], holds: [] });
    } finally {
      await client.close();
    }
  });
});
