import type { ChatCompletion } from 'openai/resources/chat/completions';
import type { CreateEmbeddingResponse } from 'openai/resources/embeddings';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { BadRequestError, type HoldfastClient, type Operation } from '../../src/client.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';

let holdfast: TestHoldfast;
let client: HoldfastClient;
beforeAll(async () => {
  const config = {
    model_list: [
      ...group('good'),
      ...group('flaky'),
      ...group('down'),
      ...group('claude', [{ model: 'anthropic/good-up' }]),
    ],
    router_settings: { ...FAST, num_retries: 1, fallbacks: [{ down: ['good'] }] },
  };
  holdfast = await openHoldfast(config, { 'good-up': 'ok', 'flaky-up': '500,ok', 'down-up': '500' });
  client = holdfast.client;
});
afterAll(() => holdfast.close());

describe('each operation, in its own types', () => {
  test('embeddings', async () => {
    const { response } = await client.execute(
      { model: 'good', input: ['one', 'two'], dimensions: 4 },
      { operation: 'embeddings' },
    );
    expectTypeOf(response).toEqualTypeOf<CreateEmbeddingResponse>();
    expect(response.data.map(({ embedding }) => embedding.length)).toEqual([4, 4]);
  });

  test('responses, streamed to the worker or not', async () => {
    for (const stream of [false, true]) {
      const { response, report } = await client.execute(
        { model: 'good', input: 'Which bird is this?', stream },
        { operation: 'responses' },
      );
      expect(response.output).toMatchObject([{ content: [{ text: 'Echo: Which bird is this?' }] }]);
      expect(report.tokens.total).toBeGreaterThan(0);
    }
  });

  test('messages, streamed to the worker or not', async () => {
    const messages = [{ role: 'user', content: 'Which bird is this?' }];
    for (const stream of [false, true]) {
      const { response, report } = await client.execute(
        { model: 'claude', max_tokens: 9, messages, stream },
        { operation: 'messages' },
      );
      expect(response.content).toEqual([{ type: 'text', text: 'Echo: Which bird is this?' }]);
      expect(response.stop_reason).toBe('end_turn');
      expect(report.tokens.total).toBeGreaterThan(0);
    }
  });

  test('completions', async () => {
    const { response } = await client.execute({ model: 'good', prompt: 'Once upon' }, { operation: 'completions' });
    expect(response.choices[0]?.text).toBe('Echo: Once upon');
  });

  test('moderations', async () => {
    const { response } = await client.execute({ model: 'good', input: 'hi' }, { operation: 'moderations' });
    expect(response.results[0]?.flagged).toBe(false);
  });

  test('images by URL', async () => {
    const { response } = await client.execute(
      { model: 'good', prompt: 'a bird', response_format: 'url' },
      { operation: 'images.generations' },
    );
    expect(response.data?.[0]?.url).toMatch(/^https:/);
  });

  test('chat completions, unless it is said', async () => {
    const messages = [{ role: 'user' as const, content: 'hi' }];
    const { response } = await client.execute({ model: 'good', messages }, { idempotencyKey: `chat-${Date.now()}` });
    expectTypeOf(response).toEqualTypeOf<ChatCompletion>();
    expect(response.choices[0]?.message.content).toBe('Echo: hi');
  });
});

describe('the same retries, fallbacks and ledger', () => {
  test('a retry', async () => {
    const { report } = await client.execute({ model: 'flaky', input: 'hi' }, { operation: 'embeddings' });
    expect(report).toMatchObject({ group: 'flaky', attempts: 2, retries: 1 });
    expect(report.ledger.entries).toMatchObject([{ kind: 'InternalServerError' }, { outcome: 'answered' }]);
  });

  test('a fallback, with a prompt of its own', async () => {
    const { response, report } = await client.execute(
      { model: 'down', input: 'hi', fallbacks: [{ model: 'good', input: 'hello' }] },
      { operation: 'responses' },
    );
    expect(report).toMatchObject({ group: 'good', attempts: 3, fallbacks: 1 });
    expect(response.output).toMatchObject([{ content: [{ text: 'Echo: hello' }] }]);
  });
});

describe('refused before anything is started', () => {
  test.each<[what: string, operation: string, request: object, message: string]>([
    ['an unknown operation', 'sing', { model: 'good' }, 'operation: expected one of chat.completions, '],
    ['a prompt under the wrong name', 'embeddings', { model: 'good', prompt: 'hi' }, 'input: missing'],
    [
      'images that cannot be kept',
      'images.generations',
      { model: 'good', prompt: 'x', response_format: 'b64_json' },
      'too large',
    ],
  ])('%s', async (_, operation, request, message) => {
    const call = client.execute(request as never, { operation: operation as Operation as 'embeddings' });
    await expect(call).rejects.toThrow(BadRequestError);
    await expect(call).rejects.toThrow(message);
  });
});

test('one key for two operations is two requests', async () => {
  const idempotencyKey = `two-${Date.now()}`;
  await client.execute({ model: 'good', input: 'hi' }, { operation: 'embeddings', idempotencyKey });
  const other = client.execute({ model: 'good', input: 'hi' }, { operation: 'moderations', idempotencyKey });
  await expect(other).rejects.toMatchObject({ kind: 'ConflictError' });
});
