import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
import type { Connection } from '../../src/config/index.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import { own, parse } from '../config/helpers.js';
import { bodyFor } from '../../src/providers/endpoints.js';

const KEY = 'azure-key-0123456789abcdef';
const callProvider = createCallProvider([KEY]);

let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

const NEVER = new AbortController().signal;

function ask(model: string, params: Record<string, unknown> = {}) {
  const defaults = { api_base: provider.url, api_key: KEY, api_version: '2024-10-21' };
  const [connection] = Object.values(parse(own({ model: `azure/${model}`, ...defaults, ...params })).connections);
  if (connection === undefined) throw new Error('there is no connection');
  const request = {
    operation: 'chat.completions' as const,
    connection,
    model,
    body: { messages: [{ role: 'user', content: 'Which bird is this?' }] },
    limit: { limitMs: 20_000, scope: 'attempt' as const },
    streamLimits: { firstContentMs: null, idleMs: 20_000 },
    blockedAnswerFails: true,
    interrupt: NEVER,
  };
  return callProvider(request);
}

describe('a request to Azure', () => {
  test('names the deployment in the path and the version in the query, and carries the key in its own header', async () => {
    expect(await ask('gpt-4o-eu', { extra_headers: { 'x-team': 'birds' } })).toMatchObject({
      facts: null,
      response: { choices: [{ message: { content: 'Echo: Which bird is this?' } }] },
    });
    const [sent] = provider.requestsFor('gpt-4o-eu');
    expect(sent?.path).toBe('/openai/deployments/gpt-4o-eu/chat/completions?api-version=2024-10-21');
    expect(sent?.headers).toMatchObject({ 'api-key': KEY, 'x-team': 'birds' });
    expect(sent?.headers.authorization).toBeUndefined();
  });

  test.each(['/', '/openai', '/openai/'])('may have %s at the end of its base URL', async (end) => {
    const model = `ends-${end.length}${end.at(-1) === '/' ? 's' : ''}`;
    await ask(model, { api_base: `${provider.url}${end}` });
    expect(provider.requestsFor(model)[0]?.path).toContain(`/openai/deployments/${model}/chat/completions`);
  });

  test('to the newer paths names the model in the body', async () => {
    await ask('newer', { api_base: `${provider.url}/openai/v1` });
    const [sent] = provider.requestsFor('newer');
    expect(sent?.path).toBe('/openai/v1/chat/completions');
    expect(sent?.headers['api-key']).toBe(KEY);
    expect(sent?.headers.authorization).toBeUndefined();
  });

  test('never leaves the path of its deployment, whatever the name', async () => {
    await ask('a/../../models?x=#y');
    const paths = provider.requests.map(({ path }) => path);
    expect(paths.at(-1)).toContain('/openai/deployments/a%2F..%2F..%2Fmodels%3Fx%3D%23y/chat/completions?');
  });

  test.each(['.', '..'])('is not made for a deployment "%s"', async (model) => {
    const before = provider.requests.length;
    const message = `"${model}" cannot be the name of a deployment`;
    expect(await ask(model)).toMatchObject({ facts: { cause: { type: 'unknown deployment', message } } });
    expect(provider.requests).toHaveLength(before);
  });
});

describe("Azure's errors are what they are, after one request", () => {
  test.each<[fault: string, kind: string, status: number, message: RegExp]>([
    ['auth', 'AuthenticationError', 401, /^Access denied due to invalid subscription key/],
    ['403', 'PermissionDeniedError', 403, /Virtual Network/],
    ['404', 'NotFoundError', 404, /^The API deployment for this resource does not exist/],
    ['408', 'Timeout', 408, /timeout/],
    ['429', 'RateLimitError', 429, /have exceeded call rate limit/],
    ['500', 'InternalServerError', 500, /^The server had an error processing your request/],
    ['503', 'ServiceUnavailableError', 503, /temporarily unable/],
    ['policy', 'ContentPolicyViolationError', 400, /content management policy|filtered/],
    ['context', 'ContextWindowExceededError', 400, /maximum context length/],
    ['filter', 'ContentPolicyViolationError', 400, /content filter/],
  ])('%s', async (fault, kind, status, message) => {
    const before = provider.requestsFor(fault).length;
    const outcome = await ask(fault);
    if (outcome.facts === null) throw new Error('it answered');
    const failure = classify(outcome.facts, Date.now());
    expect(failure).toMatchObject({ kind, status });
    expect(failure.message).toMatch(message);
    expect(provider.requestsFor(fault)).toHaveLength(before + 1);
  });
});

describe('headers and fields of a deployment', () => {
  test('reach a provider that speaks OpenAI’s API', async () => {
    await ask('with-headers', {
      model: 'openai/with-headers',
      api_base: `${provider.url}/v1`,
      extra_headers: { 'x-team': 'birds', 'http-referer': 'https://example.org' },
    });
    expect(provider.requestsFor('with-headers')[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'x-team': 'birds',
      'http-referer': 'https://example.org',
    });
  });

  test('extra_body wins over the request, which wins over other fields; model and stream are nobody’s', () => {
    const connection = {
      params: { a: 1, b: 1, c: 1 },
      extraBody: { c: 3, d: 3, stream: true, model: 'x' },
    } as unknown as Connection;
    expect(bodyFor(connection, { b: 2, c: 2 }, 'm')).toEqual({ a: 1, b: 2, c: 3, d: 3, model: 'm' });
  });
});
