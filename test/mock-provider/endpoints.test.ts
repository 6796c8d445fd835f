import OpenAI, { AzureOpenAI } from 'openai';
import { describe, expect, test } from 'vitest';
import type { MockProvider } from '../../src/mock-provider/index.js';
import { chat, post, providerStarter } from './helpers.js';

const start = providerStarter();

const KEY = 'sk-proj-abcdefghijklmnop';
const messages = [{ role: 'user' as const, content: 'hi' }];

function openai(provider: MockProvider): OpenAI {
  return new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: KEY, maxRetries: 0 });
}

function azure(provider: MockProvider): AzureOpenAI {
  return new AzureOpenAI({ endpoint: provider.url, apiKey: KEY, apiVersion: '2024-10-21', maxRetries: 0 });
}

describe("OpenAI's own client understands", () => {
  test('chat completions', async () => {
    const { choices } = await openai(await start()).chat.completions.create({ model: 'm', messages });
    expect(choices[0]?.message.content).toBe('Echo: hi');
  });

  test('a stream of a chat completion', async () => {
    const stream = await openai(await start()).chat.completions.create({ model: 'm', messages, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('Echo: hi');
  });

  test('completions', async () => {
    const { choices } = await openai(await start()).completions.create({ model: 'm', prompt: 'hi' });
    expect(choices[0]?.text).toBe('Echo: hi');
  });

  test('responses, and a stream of one', async () => {
    const client = openai(await start());
    expect((await client.responses.create({ model: 'm', input: 'hi' })).output_text).toBe('Echo: hi');
    const types: string[] = [];
    for await (const event of await client.responses.create({ model: 'm', input: 'hi', stream: true })) {
      types.push(event.type);
    }
    expect(types).toEqual([
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  test('embeddings, as base64 and as numbers', async () => {
    const client = openai(await start());
    const packed = await client.embeddings.create({ model: 'm', input: ['a', 'b'], dimensions: 4 });
    const plain = await client.embeddings.create({ model: 'm', input: ['a'], dimensions: 4, encoding_format: 'float' });
    expect(packed.data).toHaveLength(2);
    expect(packed.data[0]?.embedding).toHaveLength(4);
    expect(packed.data[0]?.embedding[1]).toBeCloseTo(plain.data[0]?.embedding[1] ?? Number.NaN, 5);
    expect(packed.data[1]?.embedding).not.toEqual(packed.data[0]?.embedding);
  });

  test('moderations, images and models', async () => {
    const client = openai(await start({ script: { mine: 'ok' } }));
    expect((await client.moderations.create({ input: ['a', 'b'] })).results).toHaveLength(2);
    expect((await client.images.generate({ prompt: 'a cat', n: 2 })).data).toHaveLength(2);
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toEqual(expect.arrayContaining(['mine', 'ok', 'hang']));
  });

  test("Azure's paths, where the deployment is the model", async () => {
    const provider = await start();
    const client = azure(provider);
    await client.chat.completions.create({ model: 'ok', messages });
    await expect(client.chat.completions.create({ model: '429x2,ok', messages })).rejects.toThrow(/S0 pricing tier/);
    expect(provider.requests.map((request) => request.model)).toEqual(['ok', '429x2,ok']);
    expect(provider.requests[0]?.path).toBe('/openai/deployments/ok/chat/completions?api-version=2024-10-21');
  });
});

test.each([
  ['/v1/chat/completions', 'm'],
  ['/chat/completions', 'm'],
  ['/openai/v1/chat/completions', 'm'],
  ['/openai/deployments/d/chat/completions?api-version=1', 'd'],
])('%s is answered', async (path, model) => {
  const provider = await start();
  expect((await post(`${provider.url}${path}`, { model: 'm', messages })).json).toMatchObject({ model });
});

describe('a bad request is refused', () => {
  const cases: [what: string, path: string, body: unknown, status: number, error: object][] = [
    ['no model', '/v1/chat/completions', { messages }, 400, { message: 'you must provide a model parameter' }],
    ['an empty model', '/v1/chat/completions', { model: '', messages }, 400, { type: 'invalid_request_error' }],
    ['no JSON', '/v1/chat/completions', '{', 400, { message: expect.stringMatching(/^We could not parse/) as string }],
    ['JSON that is no object', '/v1/embeddings', '[]', 400, { type: 'invalid_request_error' }],
    [
      'no messages',
      '/v1/chat/completions',
      { model: 'm' },
      400,
      { message: "Missing required parameter: 'messages'.", param: 'messages', code: 'missing_required_parameter' },
    ],
    ['no input', '/v1/embeddings', { model: 'm' }, 400, { param: 'input' }],
    ['an unknown path', '/v1/chat', { model: 'm' }, 404, { message: 'Invalid URL (POST /v1/chat)' }],
    ['a wrong method', '/v1/models', {}, 405, { message: 'Only GET requests are accepted.' }],
  ];
  test.each(cases)('%s', async (_, path, body, status, error) => {
    const provider = await start();
    const answered = await post(`${provider.url}${path}`, body);
    expect(answered.status).toBe(status);
    expect(answered.json).toMatchObject({ error });
    expect(answered.headers.get('x-request-id')).toBe('req_mock_1');
    expect(provider.requests).toMatchObject([{ path, status }]);
  });
});

describe('faults by name', () => {
  const cases: [model: string, status: number, body: unknown][] = [
    ['context', 400, { error: { code: 'context_length_exceeded', param: 'messages' } }],
    ['policy', 400, { error: { code: 'content_policy_violation' } }],
    ['filter', 200, { choices: [{ finish_reason: 'content_filter', message: { content: '' } }] }],
    ['quota', 429, { error: { code: 'insufficient_quota' } }],
    ['404', 404, { error: { code: 'model_not_found', message: expect.stringContaining('`404`') as string } }],
    ['error200', 200, { error: { type: 'server_error' } }],
    ['no-choices', 200, { choices: [] }],
  ];
  test.each(cases)('%s', async (model, status, body) => {
    const answered = await chat(await start(), model);
    expect(answered.status).toBe(status);
    expect(answered.json).toMatchObject(body as object);
  });

  test('html and empty are no JSON', async () => {
    const provider = await start();
    expect(await chat(provider, 'html')).toMatchObject({ status: 200, json: undefined });
    expect(await chat(provider, 'empty')).toMatchObject({ status: 200, text: '' });
  });

  test('azure names the content filter', async () => {
    const provider = await start();
    const answered = await post(`${provider.url}/openai/deployments/policy/chat/completions`, { messages });
    expect(answered.json).toMatchObject({
      error: { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } },
    });
  });

  test.each([
    ['a long key partly masked', KEY, 'sk-proj-************mnop'],
    ['a key of twelve with one star', 'your-api-key', 'your-api*-key'],
    ['a short key in full', 'sk-x', 'sk-x'],
  ])('auth repeats %s', async (_, key, echoed) => {
    const provider = await start();
    const headers = { authorization: `Bearer ${key}` };
    const answered = await post(`${provider.url}/v1/chat/completions`, { model: 'auth', messages }, { headers });
    expect(answered.status).toBe(401);
    expect(answered.json).toMatchObject({
      error: { message: expect.stringMatching(/^Incorrect API key provided: /) as string, code: 'invalid_api_key' },
    });
    expect(answered.text).toContain(`provided: ${echoed}. You`);
  });
});
