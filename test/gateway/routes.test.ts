import { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({
    model_list: [...group('m'), ...group('team/m', ['slash-up'])],
    router_settings: FAST,
  });
});
afterAll(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'hi' }];

describe('the paths that clients ask for', () => {
  const body = { model: 'm', messages };
  test.each([
    '/v1/chat/completions',
    '/chat/completions',
    '/v1/chat/completions/',
    '/v1//chat/completions',
    '/openai/v1/chat/completions',
    '/openai/chat/completions?api-version=2024-10-21',
  ])('%s', async (path) => {
    const answer = await gateway.fetch(path, { json: body });
    expect([answer.status, answer.headers.get('x-litellm-model-group')]).toEqual([200, 'm']);
  });

  test.each<[path: string, model: string, json: unknown]>([
    ['/openai/deployments/m/chat/completions?api-version=2024-10-21', 'm', { messages }],
    ['/openai/deployments/m/completions/', 'm', { prompt: 'hi' }],
    ['/openai/deployments/m/embeddings', 'm', { input: 'hi', model: 'wins not' }],
    ['/openai/deployments/team/m/chat/completions', 'team/m', { messages }],
    ['/openai/deployments/team%2Fm/chat/completions', 'team/m', { messages }],
    ['/engines/m/chat/completions', 'm', { messages }],
  ])('with the model in it: %s', async (path, model, json) => {
    const answer = await gateway.fetch(path, { json });
    expect([answer.status, answer.headers.get('x-litellm-model-group')]).toEqual([200, model]);
  });

  test.each(['/openai/deployments/m', '/openai/deployments/m/chat', '/v1/v1/models'])(
    'what is not there: %s',
    async (path) => {
      const answer = await gateway.fetch(path, { json: body });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({
        error: { message: expect.stringContaining('no POST of this path') },
      });
    },
  );

  test.each(['/v1/models', '/v1/models/', '/models', '/openai/v1/models', '/openai/models?api-version=2024-10-21'])(
    'models: %s',
    async (path) => {
      expect(await (await gateway.fetch(path)).json()).toMatchObject({ data: [{ id: 'm' }, { id: 'team/m' }] });
    },
  );

  test.each(['/v1/models/team/m', '/v1/models/team%2Fm', '/v1/models/team/m/', '/openai/models/team/m'])(
    'one of them: %s',
    async (path) => {
      expect(await (await gateway.fetch(path)).json()).toMatchObject({ id: 'team/m', object: 'model' });
    },
  );
});

describe("OpenAI's Azure client", () => {
  const azure = (deployment?: string) =>
    new AzureOpenAI({
      endpoint: gateway.url,
      apiKey: 'any',
      apiVersion: '2024-10-21',
      ...(deployment !== undefined && { deployment }),
    });

  test('with a deployment: plain, streamed, embeddings', async () => {
    const client = azure('m');
    const answer = await client.chat.completions.create({ model: '', messages });
    expect(answer.choices[0]?.message.content).toContain('hi');
    let text = '';
    for await (const chunk of await client.chat.completions.create({ model: '', messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toContain('hi');
    expect((await client.embeddings.create({ model: '', input: ['a', 'b'] })).data).toHaveLength(2);
  });

  test('without one: the model is the deployment; responses', async () => {
    const client = azure();
    expect((await client.chat.completions.create({ model: 'm', messages })).choices).toHaveLength(1);
    expect((await client.responses.create({ model: 'm', input: 'hi' })).status).toBe('completed');
  });
});

describe('what a request need not have', () => {
  test('moderations without a model: the only group there is, else they must name one', async () => {
    const only = await openGateway({ model_list: group('any'), router_settings: FAST });
    const known = await openGateway({
      model_list: [...group('other'), ...group('omni-moderation-latest', ['omni-up'])],
      router_settings: FAST,
    });
    try {
      const json = { input: 'hi' };
      const answers = await Promise.all([only, known, gateway].map((each) => each.fetch('/v1/moderations', { json })));
      expect(answers.map(({ status, headers }) => [status, headers.get('x-litellm-model-group')])).toEqual([
        [200, 'any'],
        [200, 'omni-moderation-latest'],
        [400, null],
      ]);
    } finally {
      await only.close();
      await known.close();
    }
  });

  test('embeddings of objects go to the provider as they are', async () => {
    const input = [
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: 'http://image' } },
    ];
    expect((await gateway.fetch('/v1/embeddings', { json: { model: 'm', input } })).status).toBe(200);
    expect(gateway.provider.requestsFor('m-up').at(-1)?.body).toMatchObject({ input });
  });
});
