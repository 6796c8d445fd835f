import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { askWithPython } from '../helpers/openai-python.js';
import { skipWithout } from '../helpers/requirements.js';

const FAILING = ['400', '401', '404', '409', '422', '429', '500', '503'];
const TOOL_CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };

function answer(message: object, reason: string): { status: number; body: object } {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }];
  return { status: 200, body: { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'any', choices } };
}

describe.skipIf(skipWithout('python-openai'))("OpenAI's client for Python", () => {
  let root: string;
  let gateway: TestGateway;
  let found: Record<string, unknown>;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
    const config = {
      model_list: [
        ...group('good', ['ok']),
        ...['words', 'tools', 'json', 'broken'].flatMap((name) => group(name)),
        ...FAILING.flatMap((name) => group(name, [name])),
      ],
      router_settings: { ...FAST, num_retries: 1 },
    };
    gateway = await openGateway(
      config,
      {
        'words-up': [{ sse: ['One ', 'two.'] }],
        'tools-up': [answer({ content: null, tool_calls: [TOOL_CALL] }, 'tool_calls')],
        'json-up': [answer({ content: '{"city":"Oslo","degrees":7}' }, 'stop')],
        'broken-up': [{ sse: ['One '], then: 'reset' }],
      },
      { files: root },
    );
    found = (await askWithPython('openai-python.py', `${gateway.url}/v1`, 'any')) as Record<string, unknown>;
  }, 240_000);

  afterAll(async () => {
    await gateway.close();
    await rm(root, { recursive: true, force: true });
  });

  test.each<[what: string, expected: unknown]>([
    ['chat', 'Echo: Which bird is this?'],
    ['stream', ['One ', 'two.']],
    ['tools', '{"city":"Oslo"}'],
    ['structured', { city: 'Oslo', degrees: 7 }],
    ['embeddings', 2],
    ['responses', 'Echo: Which bird is this?'],
    ['settings', '1'],
    ['models', true],
  ])('%s', (what, expected) => {
    expect(found[what]).toEqual(expected);
  });

  test("errors are the client's own", () => {
    expect(found['errors']).toEqual({
      '400': ['BadRequestError', 400, 'BadRequestError'],
      '401': ['AuthenticationError', 401, 'AuthenticationError'],
      '404': ['NotFoundError', 404, 'NotFoundError'],
      '409': ['ConflictError', 409, 'ConflictError'],
      '422': ['UnprocessableEntityError', 422, 'UnprocessableEntityError'],
      '429': ['RateLimitError', 429, 'RateLimitError'],
      '500': ['InternalServerError', 500, 'InternalServerError'],
      '503': ['InternalServerError', 503, 'ServiceUnavailableError'],
      broken: ['APIError', 'APIConnectionError'],
    });
  });

  test("finished calls are not asked again: the client's own retries are on", () => {
    // One attempt, or one retry where the policy has one; the batch asks once more for 400, and a setting for 500.
    const requests = { '400': 2, '401': 1, '404': 1, '409': 2, '422': 1, '429': 2, '500': 3, '503': 2 };
    expect(Object.fromEntries(FAILING.map((name) => [name, gateway.provider.callCount(name)]))).toEqual(requests);
  });

  test('a file, a batch, its output', () => {
    expect(found['batch']).toEqual({
      status: 'completed',
      counts: { total: 2, completed: 1, failed: 1 },
      answered: ['good'],
      failed: ['BadRequestError'],
      cancel: 'conflict',
      listed: [true],
      same: true,
      deleted: true,
    });
  });
});
