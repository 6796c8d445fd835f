import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
import type { Operation } from '../../src/core/common/operations.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';
import { buildRequest } from './build-request.js';

const callProvider = createCallProvider([PLANTED_KEY]);

let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

const BODIES: Readonly<Record<Operation, Record<string, unknown>>> = {
  'chat.completions': { messages: [{ role: 'user', content: 'hi' }] },
  completions: { prompt: 'hi' },
  responses: { input: 'hi' },
  embeddings: { input: ['hi', 'there'] },
  moderations: { input: 'hi' },
  messages: { max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] },
  'images.generations': { prompt: 'a bird', response_format: 'url' },
};

const request = (operation: Operation, model: string, changes: Partial<ProviderRequest> = {}) =>
  buildRequest(provider, model, { operation, body: BODIES[operation], ...changes });

const failureOf = async (asked: ProviderRequest) => {
  const outcome = await callProvider(asked);
  if (outcome.facts === null) throw new Error(`it answered: ${JSON.stringify(outcome.response)}`);
  return classify(outcome.facts, Date.now());
};

const url = expect.stringMatching(/^https:/);
const count = expect.any(Number);

describe('the answer of each operation comes back unchanged, with its tokens', () => {
  test.each<[operation: Operation, path: string, response: unknown, tokens: unknown]>([
    [
      'chat.completions',
      '/v1/chat/completions',
      { choices: [{ message: { content: 'Echo: hi' } }] },
      { prompt: count, completion: count, total: count },
    ],
    [
      'completions',
      '/v1/completions',
      { choices: [{ text: 'Echo: hi' }] },
      { prompt: count, completion: count, total: count },
    ],
    [
      'responses',
      '/v1/responses',
      { status: 'completed', output: [{ content: [{ text: 'Echo: hi' }] }] },
      { prompt: count, completion: count, total: count },
    ],
    [
      'messages',
      '/v1/messages',
      { type: 'message', content: [{ type: 'text', text: 'Echo: hi' }], stop_reason: 'end_turn' },
      { prompt: count, completion: count, total: count },
    ],
    [
      'embeddings',
      '/v1/embeddings',
      { data: [{ index: 0 }, { index: 1 }] },
      { prompt: count, completion: 0, total: count },
    ],
    ['moderations', '/v1/moderations', { results: [{ flagged: false }] }, null],
    [
      'images.generations',
      '/v1/images/generations',
      { data: [{ url }] },
      { prompt: count, completion: count, total: count },
    ],
  ])('%s', async (operation, path, response, tokens) => {
    const model = `ok-${operation}`;
    provider.setScript({ [model]: 'ok' });
    expect(await callProvider(request(operation, model))).toMatchObject({ facts: null, status: 200, response, tokens });
    const [sent] = provider.requestsFor(model);
    expect(sent?.path).toBe(path);
    expect(sent?.body).toEqual({ ...BODIES[operation], model });
  });
});

describe('a 200 without an answer', () => {
  test.each<[operation: Operation, answer: string]>([
    ['chat.completions', 'choices'],
    ['completions', 'choices'],
    ['responses', 'output'],
    ['embeddings', 'data'],
    ['moderations', 'results'],
    ['images.generations', 'data'],
  ])('of %s has no %s', async (operation, answer) => {
    provider.setScript({ bare: [{ body: { object: 'list', [answer]: [] } }] });
    expect(await failureOf(request(operation, 'bare'))).toMatchObject({
      kind: 'InvalidResponseError',
      message: `the provider answered 200 without ${answer}`,
    });
  });

  test.each(Object.keys(BODIES) as Operation[])('of %s, but with an error', async (operation) => {
    provider.setScript({ bare: [{ body: { error: { message: 'slow down', code: 429 } } }] });
    expect(await failureOf(request(operation, 'bare'))).toMatchObject({ kind: 'RateLimitError', message: 'slow down' });
  });
});

describe('the status of a response', () => {
  const output = [{ type: 'message', content: [] }];

  test.each<[what: string, body: Record<string, unknown>, kind: string, message: string]>([
    [
      'failed: its error',
      { status: 'failed', output, error: { code: 'server_error', message: 'no luck' } },
      'InvalidResponseError',
      'no luck',
    ],
    [
      'failed, without a word',
      { status: 'failed', output: [], error: null },
      'InvalidResponseError',
      'the provider answered 200 with an error without a message',
    ],
    [
      'blocked by a content filter',
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] },
      'ContentPolicyViolationError',
      'the answer was blocked by the content filter of the provider (content_filter)',
    ],
    [
      'cancelled',
      { status: 'cancelled', output },
      'InvalidResponseError',
      'the provider answered 200 with the status cancelled',
    ],
    [
      'completed with nothing',
      { status: 'completed' },
      'InvalidResponseError',
      'the provider answered 200 without output',
    ],
  ])('%s', async (_, body, kind, message) => {
    provider.setScript({ ended: [{ body }] });
    expect(await failureOf(request('responses', 'ended'))).toMatchObject({ kind, message });
  });

  test.each<[what: string, body: Record<string, unknown>]>([
    ['cut short by the limit of tokens', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    [
      'blocked where no other group could serve',
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
    ],
    ['of a provider that names none', { output }],
  ])('delivered: %s', async (_, body) => {
    provider.setScript({ ended: [{ body }] });
    const outcome = await callProvider(request('responses', 'ended', { blockedAnswerFails: false }));
    expect(outcome).toMatchObject({ facts: null, response: body });
  });
});
