import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Connection } from '../../src/config/index.js';
import { WildcardModels } from '../../src/gateway/wildcard-models.js';
import { parse } from '../config/helpers.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';

const wild = (name: string, params: Record<string, unknown>) => ({ model_name: name, litellm_params: params });

/** What is asked of whom, and when it answers. */
function lists(config: unknown, listed: (connection: Connection) => Promise<readonly string[]>, env = {}) {
  const asked: string[] = [];
  const models = new WildcardModels({
    config: parse(config, env),
    clock: systemClock,
    waitMs: 50,
    listModels: (connection) => {
      asked.push(connection.provider);
      return listed(connection);
    },
  });
  return { asked, names: () => models.names() };
}

const TWO = {
  model_list: [
    wild('groq/*', { model: 'groq/*', api_key: 'k' }),
    wild('mistral/*', { model: 'mistral/*', api_key: 'k' }),
  ],
};

describe('the models of wildcards', () => {
  test('each provider is asked once, and its models have the names that may be asked for', async () => {
    const { asked, names } = lists(TWO, async ({ provider }) => [`${provider}-model`]);
    const expected = ['groq/groq-model', 'mistral/mistral-model'];
    expect(await Promise.all([names(), names()])).toEqual([expected, expected]);
    expect(await names()).toEqual(expected);
    expect(asked.toSorted()).toEqual(['groq', 'mistral']);
  });

  test('a provider that is late does not hold the list up, and is in the next one', async () => {
    let answer = (_names: readonly string[]): void => undefined;
    const late = new Promise<readonly string[]>((resolve) => (answer = resolve));
    const { asked, names } = lists(TWO, async ({ provider }) => (provider === 'groq' ? late : ['m']));
    expect(await names()).toEqual(['mistral/m']);
    answer(['slow']);
    await expect.poll(names).toEqual(['groq/slow', 'mistral/m']);
    expect(asked).toHaveLength(2);
  });

  test('at most eight are asked at once', async () => {
    const groups = Array.from({ length: 20 }, (_, number) => wild(`g${number}/*`, { model: 'groq/*', api_key: 'k' }));
    let underWay = 0;
    let most = 0;
    const { asked, names } = lists({ model_list: groups }, async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return ['m'];
    });
    await expect.poll(async () => (await names()).length).toBe(20);
    expect([most, asked.length]).toEqual([8, 20]);
  });

  test('a star for all providers lists those whose keys are set, and no servers that nobody spoke of', async () => {
    const config = { model_list: [wild('*', { model: '*' })] };
    const env = { GROQ_API_KEY: 'k', OPENAI_API_KEY: 'k', AWS_REGION: 'eu-west-1' };
    const { asked, names } = lists(config, async () => ['m'], env);
    expect((await names()).toSorted()).toEqual(['groq/m', 'openai/m']);
    expect(asked.toSorted()).toEqual(['groq', 'openai']);
  });
});

describe('GET /v1/models', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await openGateway(
      { model_list: [...group('plain'), ...group('wild/*', ['*'])], router_settings: FAST },
      { 'of-the-provider': [{}] },
    );
  });
  afterAll(() => gateway.close());

  test('has what the provider lists, and each can be asked for', async () => {
    const ids = async () => (await gateway.openai().models.list()).data.map(({ id }) => id);
    // The first list waits for the provider for a second only.
    await expect.poll(ids).toEqual(expect.arrayContaining(['plain', 'wild/*', 'wild/of-the-provider']));
    expect(await gateway.openai().models.retrieve('wild/of-the-provider')).toMatchObject({ object: 'model' });
    const messages = [{ role: 'user' as const, content: 'hi' }];
    await gateway.openai().chat.completions.create({ model: 'wild/of-the-provider', messages });
    expect(gateway.provider.callCount('of-the-provider')).toBe(1);
  });
});
