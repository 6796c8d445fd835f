import { APIError, type OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { TIMED } from '../helpers/timed.js';

const WORDS = ['One ', 'two ', 'three ', 'four.'];
/** In pieces of the wire, so that content arrives before the end does. */
const SLOWLY = [6, 0.02] as [number, number];

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: [...group('good'), ...group('flaky'), ...group('down'), ...group('tools')],
    router_settings: { ...FAST, num_retries: 2, fallbacks: [{ down: ['good'] }] },
  };
  gateway = await openGateway(config, {
    'good-up': [{ sse: WORDS, drip: SLOWLY }],
    'flaky-up': [{ status: 500 }, { sse: [], then: 'error' }, { sse: WORDS, drip: SLOWLY }],
    'down-up': '503',
  });
});
afterAll(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'Count.' }];
type Chunk = OpenAI.ChatCompletionChunk & { holdfast?: Record<string, string> };

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of stream) list.push(each);
  return list;
}

const textOf = (chunks: readonly OpenAI.ChatCompletionChunk[]) =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

/** Where the first content is late, the headers are sent before it, and only the last chunk has the facts. */
const hasFacts = ({ headers }: Response) => headers.has('x-litellm-model-group');

describe("OpenAI's client", () => {
  test('chat completions: the chunks of the provider, as they are', async () => {
    const stream = await gateway.openai().chat.completions.create({ model: 'good', messages, stream: true });
    const chunks = await all<Chunk>(stream);
    expect(textOf(chunks)).toBe(WORDS.join(''));
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      ...WORDS.map((content) => ({ content })),
      {},
    ]);
    expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
    expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', model: 'good-up' });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  test('tokens come to those who asked for them', async () => {
    const ask = (stream_options?: { include_usage: boolean }) =>
      gateway
        .openai()
        .chat.completions.create({ model: 'good', messages, stream: true, ...(stream_options && { stream_options }) });
    const [unasked, asked] = [await all(await ask()), await all(await ask({ include_usage: true }))];
    expect(unasked.filter(({ usage }) => usage)).toHaveLength(0);
    expect(asked.filter(({ usage }) => usage)).toHaveLength(1);
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
  });

  test('completions', async () => {
    const chunks = await all(
      await gateway.openai().completions.create({ model: 'good', prompt: 'Count.', stream: true }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe(WORDS.join(''));
  });

  test('responses', async () => {
    const events = await all(await gateway.openai().responses.create({ model: 'good', input: 'Count.', stream: true }));
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
    const deltas = events.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : []));
    expect(deltas).toEqual(WORDS);
  });

  test('the helper that puts chunks together', async () => {
    const stream = gateway.openai().chat.completions.stream({ model: 'good', messages });
    expect(await stream.finalContent()).toBe(WORDS.join(''));
  });
});

describe('what the stream says of the call', () => {
  test('in the headers, and in its last chunk', async () => {
    const { data, response } = await gateway
      .openai()
      .chat.completions.create({ model: 'flaky', messages, stream: true })
      .withResponse();
    const chunks = await all<Chunk>(data);
    expect(textOf(chunks)).toBe(WORDS.join(''));
    const facts = {
      'x-litellm-call-id': expect.stringMatching(/^call-/),
      'x-holdfast-workflow-id': expect.stringMatching(/^call-/),
      'x-litellm-model-group': 'flaky',
      'x-litellm-model-id': 'flaky#flaky-up',
      'x-litellm-attempted-retries': '2',
      'x-litellm-max-retries': '2',
      'x-litellm-attempted-fallbacks': '0',
      'llm_provider-x-request-id': expect.stringMatching(/^req_mock_/),
    };
    if (hasFacts(response)) expect(Object.fromEntries(response.headers)).toMatchObject(facts);
    expect(chunks.at(-1)?.holdfast).toEqual(facts);
    expect(chunks.filter(({ holdfast }) => holdfast !== undefined)).toHaveLength(1);
  });

  test('a fallback, too', async () => {
    const { data, response } = await gateway
      .openai()
      .chat.completions.create({ model: 'down', messages, stream: true })
      .withResponse();
    const chunks = await all<Chunk>(data);
    expect(chunks.at(-1)?.holdfast).toMatchObject({
      'x-litellm-model-group': 'good',
      'x-litellm-attempted-fallbacks': '1',
    });
    if (hasFacts(response)) expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
  });
});

test('on the wire: the events and no comment, [DONE] at the end', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: { model: 'good', messages, stream: true } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const { text, events } = await readEvents(response);
  expect(text).not.toMatch(/^:/m);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(events).toHaveLength(WORDS.length + 3);
});

// For its first second.
describe('before the first content, an error is an HTTP error', TIMED, () => {
  test('of the SDK', async () => {
    const before = gateway.provider.callCount('401');
    const request = gateway.openai().chat.completions.create({ model: 'nowhere', messages, stream: true });
    await expect(request).rejects.toThrow(APIError);
    await expect(request).rejects.toMatchObject({ status: 404, error: { kind: 'NotFoundError' } });
    expect(gateway.provider.callCount('401')).toBe(before);
  });
});
