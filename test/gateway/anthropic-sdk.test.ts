import Anthropic, { APIError, type ClientOptions } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, PLANTED_KEY } from '../helpers/holdfast.js';
import { messageEvent, RICH, RICH_CONTENT, USAGE } from '../helpers/message-stream.js';
import { readEvents } from '../helpers/sse.js';

const WORDS = ['One ', 'two ', 'three.'];
const TEXT = WORDS.join('');

/** A group of one deployment of Anthropic's. */
const anthropic = (name: string, model = `${name}-up`) => ({
  model_name: name,
  litellm_params: { model: `anthropic/${model}`, api_base: 'MOCK', api_key: PLANTED_KEY },
});

/** One that speaks OpenAI's API only. */
const chat = (name: string) => ({
  model_name: name,
  litellm_params: { model: `openai/${name}-up`, api_base: 'MOCK', api_key: PLANTED_KEY },
});

let gateway: TestGateway;
beforeAll(async () => {
  const names = [
    'good',
    'flaky',
    'busy',
    'rich',
    'bad',
    'long',
    'refusing',
    'broken',
    'cut',
    'late',
    'away',
    'alone',
    'abrupt',
    'nameless',
  ];
  const config = {
    model_list: [...names.map((name) => anthropic(name)), chat('chat'), chat('mixed'), anthropic('mixed')],
    router_settings: {
      ...FAST,
      num_retries: 2,
      fallbacks: [{ away: ['good'] }],
      context_window_fallbacks: [{ long: ['good'] }],
      content_policy_fallbacks: [{ refusing: ['good'] }],
    },
  };
  gateway = await openGateway(config, {
    'good-up': [{ sse: WORDS }],
    'flaky-up': '529,500,ok',
    'busy-up': '429',
    'rich-up': [{ raw: RICH, headers: { 'content-type': 'text/event-stream' } }],
    'bad-up': '400',
    'long-up': 'context',
    'refusing-up': [{ content: '', finish_reason: 'content_filter' }],
    'alone-up': [{ content: 'I will not.', finish_reason: 'content_filter' }],
    'broken-up': [{ sse: WORDS, hold: true, then: 'error', error: '529' }],
    'cut-up': [{ sse: WORDS, hold: true, then: 'end' }],
    'late-up': [{ sse: [], then: 'error', error: '529' }, { sse: WORDS }],
    'away-up': '401',
    'abrupt-up': [
      { raw: RICH.replace(messageEvent('message_stop'), ''), headers: { 'content-type': 'text/event-stream' } },
    ],
    'nameless-up': [{ raw: RICH.replaceAll(/^event: .*\n/gm, ''), headers: { 'content-type': 'text/event-stream' } }],
    'mixed-up': [{ sse: WORDS }],
  });
});
afterAll(() => gateway.close());

const client = (options: ClientOptions = {}) => new Anthropic({ baseURL: gateway.url, apiKey: 'any', ...options });

const ask = (model: string): Anthropic.MessageCreateParamsNonStreaming => ({
  model,
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Count.' }],
});

/** How often the provider was asked for a model by what runs meanwhile. */
async function asked(model: string, run: () => Promise<unknown>): Promise<number> {
  const before = gateway.provider.callCount(model);
  await run();
  return gateway.provider.callCount(model) - before;
}

const failure = async (model: string): Promise<APIError> => {
  const error: unknown = await client()
    .messages.create(ask(model))
    .catch((caught: unknown) => caught);
  if (!(error instanceof APIError)) throw new Error('it did not fail as an APIError', { cause: error });
  return error;
};

/** The text of a stream, and what it ended with. One that is held goes on when its text was read. */
async function read(model: string) {
  let text = '';
  let error: unknown = null;
  try {
    for await (const each of await client().messages.create({ ...ask(model), stream: true })) {
      if (each.type === 'content_block_delta' && each.delta.type === 'text_delta') text += each.delta.text;
      if (text === TEXT) gateway.provider.release();
    }
  } catch (caught) {
    error = caught;
  }
  return { text, error };
}

describe("Anthropic's client", () => {
  test('text, with the headers of the call', async () => {
    const { data, response } = await client().messages.create(ask('good')).withResponse();
    expect(data).toMatchObject({ type: 'message', content: [{ type: 'text', text: TEXT }], stop_reason: 'end_turn' });
    expect(response.headers.get('x-litellm-model-group')).toBe('good');
    expect(response.headers.get('x-holdfast-workflow-id')).toMatch(/^call-/);
  });

  test('what the provider is sent: path, key, version and beta, and the body without settings', async () => {
    const body = { ...ask('good'), system: 'Be brief.', num_retries: 1, metadata: { user_id: 'u1', tags: ['x'] } };
    await client().messages.create(body, { headers: { 'anthropic-beta': 'a-beta,b-beta' } });
    const sent = gateway.provider.requestsFor('good-up').at(-1);
    expect(sent).toMatchObject({
      path: '/v1/messages',
      headers: { 'x-api-key': PLANTED_KEY, 'anthropic-beta': 'a-beta,b-beta' },
    });
    expect(sent?.headers.authorization).toBeUndefined();
    const { num_retries: _, ...others } = body;
    expect(sent?.body).toEqual({ ...others, model: 'good-up', metadata: { user_id: 'u1' } });
  });

  test("what is of a beta, under the client's own path for that", async () => {
    const { content } = await client().beta.messages.create({ ...ask('good'), betas: ['one-2099', 'two-2099'] });
    expect(content).toMatchObject([{ text: TEXT }]);
    const sent = gateway.provider.requestsFor('good-up').at(-1);
    expect(sent).toMatchObject({ path: '/v1/messages', headers: { 'anthropic-beta': 'one-2099,two-2099' } });
  });

  test.each([
    ['that the caller names', { 'anthropic-version': '2023-01-01' }, '2023-01-01'],
    ['by default', {}, '2023-06-01'],
  ])('the version of the API %s', async (_what, headers: Record<string, string>, version) => {
    await gateway.fetch('/v1/messages', { json: ask('good'), headers });
    expect(gateway.provider.requestsFor('good-up').at(-1)?.headers['anthropic-version']).toBe(version);
  });

  test("under LiteLLM's path, too", async () => {
    const { content } = await client({ baseURL: `${gateway.url}/anthropic` }).messages.create(ask('good'));
    expect(content).toMatchObject([{ text: TEXT }]);
  });

  test('a stream, and the message that its helper puts together', async () => {
    const stream = client().messages.stream(ask('good'));
    const message = await stream.finalMessage();
    expect(message).toMatchObject({ content: [{ type: 'text', text: TEXT }], stop_reason: 'end_turn' });
    expect(message.usage.output_tokens).toBeGreaterThan(1);
  });

  test.each(['at once', 'for one that comes again'])('thoughts, citations and tools, %s', async (when) => {
    const options = { headers: { 'idempotency-key': `rich ${when}` } };
    const whole = () => client().messages.stream(ask('rich'), options).finalMessage();
    const first = await whole();
    expect(first).toMatchObject({ content: RICH_CONTENT, stop_reason: 'tool_use', usage: USAGE });
    if (when === 'at once') return;
    const count = await asked('rich-up', async () =>
      expect(await whole()).toMatchObject({ content: RICH_CONTENT, stop_reason: 'tool_use', usage: USAGE }),
    );
    expect(count).toBe(0);
  });

  test('a stream is not changed, but for our own field in its end', async () => {
    const response = await gateway.fetch('/v1/messages', { json: { ...ask('rich'), stream: true } });
    const { events, text } = await readEvents(response);
    const sent = RICH.split('\n\n').filter((each) => each !== '' && !each.startsWith('event: ping'));
    const came = events.map(({ event: name, data }) => `event: ${name}\ndata: ${data}`);
    expect(came.slice(0, -1)).toEqual(sent.slice(0, -1));
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({
      type: 'message_stop',
      holdfast: { 'x-litellm-model-group': 'rich' },
    });
    expect(text).not.toContain('[DONE]');
  });

  test('whose events have no names has one end', async () => {
    const response = await gateway.fetch('/v1/messages', { json: { ...ask('nameless'), stream: true } });
    const types = (await readEvents(response)).events.map(({ data }) => (JSON.parse(data) as { type: string }).type);
    expect(types.filter((type) => type === 'message_stop')).toHaveLength(1);
  });

  test('one that tells how it ended, but does not end, is ended', async () => {
    const message = await client().messages.stream(ask('abrupt')).finalMessage();
    expect(message).toMatchObject({ content: RICH_CONTENT, stop_reason: 'tool_use', usage: USAGE });
  });

  test('tokens, those of its cache among them, stand in the ledger', async () => {
    const { response } = await client().messages.create(ask('rich')).withResponse();
    const id = response.headers.get('x-holdfast-workflow-id') ?? '';
    const { ledger } = await gateway.client.handle(id).inspect();
    expect(ledger.entries).toMatchObject([{ tokens: { prompt: 23, completion: 13, total: 36 } }]);
  });
});

describe('retries and fallbacks', () => {
  test('overloaded and broken, then well: three requests at the provider', async () => {
    const count = await asked('flaky-up', async () => {
      const { response } = await client().messages.create(ask('flaky')).withResponse();
      expect(response.headers.get('x-litellm-attempted-retries')).toBe('2');
    });
    expect(count).toBe(3);
  });

  test("a call that has had its retries is not sent again by Anthropic's client", async () => {
    const count = await asked('busy-up', async () => {
      expect(await failure('busy')).toMatchObject({ status: 429, type: 'rate_limit_error' });
    });
    expect(count).toBe(3);
  });

  test.each([
    ['a prompt that is too long', 'long', 'context_window_fallbacks'],
    ['a refusal', 'refusing', 'content_policy_fallbacks'],
    ['a key that is none', 'away', 'fallbacks'],
  ])('%s moves on: %s, by %s', async (_what, model) => {
    const count = await asked(`${model}-up`, async () => {
      const { data, response } = await client().messages.create(ask(model)).withResponse();
      expect(data.content).toMatchObject([{ text: TEXT }]);
      expect(response.headers.get('x-litellm-model-group')).toBe('good');
      expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
    });
    expect(count).toBe(1);
  });

  test('so does a refusal in a stream, before its first content', async () => {
    const count = await asked('refusing-up', async () =>
      expect(await read('refusing')).toEqual({ text: TEXT, error: null }),
    );
    expect(count).toBe(1);
  });

  test('a refusal without such a fallback is the answer', async () => {
    expect(await client().messages.create(ask('alone'))).toMatchObject({
      stop_reason: 'refusal',
      content: [{ text: 'I will not.' }],
    });
  });

  test('an error in a stream before its first content is retried', async () => {
    expect(await asked('late-up', async () => expect((await read('late')).text).toBe(TEXT))).toBe(2);
  });
});

describe("errors have the form of Anthropic's API", () => {
  test('the provider refuses the request', async () => {
    expect(await failure('bad')).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      error: { type: 'error', error: { type: 'invalid_request_error', kind: 'BadRequestError' } },
    });
  });

  test.each([
    ['no such model', { ...ask('nobody') }, 404, 'not_found_error'],
    ['no messages', { model: 'good', max_tokens: 1 }, 400, 'invalid_request_error'],
  ])('the gateway refuses it: %s', async (_what, json, status, type) => {
    const response = await gateway.fetch('/v1/messages', { json });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type, message: expect.any(String) } });
  });

  test.each([
    ['an error of the provider', 'broken', 'overloaded_error'],
    ['a stream without an end', 'cut', 'api_error'],
  ])('in a stream: %s', async (_what, model, type) => {
    const { text, error } = await read(model);
    expect(text).toBe(TEXT);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ error: { type: 'error', error: { type } } });
  });

  test('and on the wire it is an event with that name, and no end follows', async () => {
    const response = await gateway.fetch('/v1/messages', { json: { ...ask('broken'), stream: true } });
    const { events } = await readEvents(response, ({ data }) => {
      if (data.includes('three.')) gateway.provider.release();
    });
    expect(events.at(-1)?.event).toBe('error');
    expect(events.map(({ event: name }) => name)).not.toContain('message_stop');
  });
});

describe('who has the API', () => {
  test('a group of a chat provider: an error that says what would serve, and no request', async () => {
    const count = await asked('chat-up', async () => {
      const error = await failure('chat');
      expect(error).toMatchObject({ status: 404, type: 'not_found_error' });
      expect(error.message).toContain('no Messages API of openai/… is known');
      expect(error.message).toContain('anthropic');
      expect(error.message).toContain('POST /v1/chat/completions');
    });
    expect(count).toBe(0);
  });

  test('its deployments do not cool because of that', async () => {
    const messages = [{ role: 'user' as const, content: 'Count.' }];
    await failure('chat');
    const { choices } = await gateway.openai().chat.completions.create({ model: 'chat', messages });
    expect(choices[0]?.message.content).toContain('Echo');
  });

  test('of a mixed group those are asked that have it', async () => {
    for (let time = 0; time < 6; time += 1) {
      await client().messages.create(ask('mixed'));
      expect(gateway.provider.requestsFor('mixed-up').at(-1)?.path).toBe('/v1/messages');
    }
  });

  test("a deployment of Anthropic's is still asked for chat completions at its OpenAI-compatible endpoint", async () => {
    const messages = [{ role: 'user' as const, content: 'Count.' }];
    await gateway.openai().chat.completions.create({ model: 'good', messages });
    expect(gateway.provider.requestsFor('good-up').at(-1)).toMatchObject({ path: '/v1/chat/completions' });
  });
});
