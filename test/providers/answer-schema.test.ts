import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
import { startMockProvider, type MockProvider, type Step } from '../../src/mock-provider/index.js';
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

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const format = (schema: unknown) => ({ type: 'json_schema', json_schema: { name: 'n', schema } });
const messages = [{ role: 'user', content: 'n?' }];
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const tokens = { prompt: 7, completion: 3, total: 10 };

const CHAT: Partial<ProviderRequest> = { validateSchema: true, body: { messages, response_format: format(SCHEMA) } };
const RESPONSES: Partial<ProviderRequest> = {
  operation: 'responses',
  validateSchema: true,
  body: { input: 'n?', text: { format: { type: 'json_schema', name: 'n', schema: SCHEMA } } },
};

/** What becomes of an answer: `fits`, or the kind and the message. */
async function outcome(step: Step, changes: Partial<ProviderRequest>) {
  provider.setScript({ judged: [step] });
  provider.reset();
  const made = await callProvider(buildRequest(provider, 'judged', changes));
  if (made.facts === null) return 'fits';
  const { kind, status, message, tokens: charged } = classify(made.facts, Date.now());
  return { kind, status, message, tokens: charged };
}

const misfit = (problem: string) => ({
  kind: 'JSONSchemaValidationError',
  status: 502,
  message: `the answer does not fit the JSON schema of the request: ${problem}`,
  tokens,
});

const chat = (...choices: object[]): Step => ({
  body: {
    choices: choices.map((choice, index) => ({ index, finish_reason: 'stop', ...choice })),
    usage,
  },
});
const says = (content: unknown, more: object = {}) => ({ message: { role: 'assistant', content, ...more } });

describe('chat completions', () => {
  test.each<[what: string, step: Step, expected: unknown]>([
    ['JSON that fits', chat(says('{"n": 4}')), 'fits'],
    ['JSON that does not', chat(says('{"n": "4"}')), misfit('choices[0]: at /n: must be integer (type)')],
    ['prose', chat(says('Here you are: n is 4')), misfit('choices[0]: no JSON (finish_reason stop)')],
    ['JSON in a fence', chat(says('```json\n{"n": 4}\n```')), misfit('choices[0]: no JSON (finish_reason stop)')],
    [
      'one that was cut',
      chat({ ...says('{"n": '), finish_reason: 'length' }),
      misfit('choices[0]: no JSON (finish_reason length)'),
    ],
    ['no text', chat(says(null)), misfit('choices[0]: no text (finish_reason stop)')],
    [
      'each choice is judged',
      chat(says('{"n": 4}'), says('{}')),
      misfit("choices[1]: at its top: must have required property 'n' (required)"),
    ],
    [
      'text in parts, after thoughts',
      chat(
        says([
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: '{"n": 4}' },
        ]),
      ),
      'fits',
    ],
    ['a refusal is none', chat(says(null, { refusal: 'I will not.' })), 'fits'],
    [
      'a call of a tool is none yet',
      chat(says('So:', { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] })),
      'fits',
    ],
    [
      'a stream where JSON was asked for',
      { sse: ['{"n"', ': 4.5}'] },
      expect.objectContaining({ kind: 'JSONSchemaValidationError' }),
    ],
  ])('%s', async (_, step, expected) => {
    expect(await outcome(step, CHAT)).toEqual(expected);
  });

  test('a blocked answer that is delivered is not judged', async () => {
    const step = chat({ ...says('{"n'), finish_reason: 'content_filter' });
    expect(await outcome(step, { ...CHAT, blockedAnswerFails: false })).toBe('fits');
  });

  test.each<[what: string, changes: Partial<ProviderRequest>]>([
    ['is off', { ...CHAT, validateSchema: undefined }],
    ['is on, without a schema', { ...CHAT, body: { messages } }],
    ['is on, with JSON of any form', { ...CHAT, body: { messages, response_format: { type: 'json_object' } } }],
    [
      'is on, where an operation has none',
      { ...CHAT, operation: 'completions', body: { prompt: 'n?', response_format: format(SCHEMA) } },
    ],
  ])('nothing is judged where validation %s', async (_, changes) => {
    expect(await outcome({ content: 'n is 4' }, changes)).toBe('fits');
  });

  test('what counts is the body as it is sent, with the fields of the deployment', async () => {
    const { connection } = buildRequest(provider, '');
    const changes = {
      ...CHAT,
      body: { messages },
      connection: { ...connection, params: { response_format: format(SCHEMA) } },
    };
    expect(await outcome({ content: 'n is 4' }, changes)).toMatchObject({ kind: 'JSONSchemaValidationError' });
  });
});

const message = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] });
const response = (output: object[], more: object = {}): Step => ({
  body: {
    object: 'response',
    status: 'completed',
    output,
    usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
    ...more,
  },
});
const thoughts = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] };

describe('responses', () => {
  test.each<[what: string, step: Step, expected: unknown]>([
    ['JSON that fits', response([thoughts, message('{"n": 4}')]), 'fits'],
    [
      'JSON that does not',
      response([thoughts, message('{"n": 4.5}')]),
      misfit('output[1]: at /n: must be integer (type)'),
    ],
    ['the last message is the answer', response([message('Let me see.'), message('{"n": 4}')]), 'fits'],
    ['prose', response([message('n is 4')]), misfit('output[0]: no JSON')],
    [
      'one that was cut',
      response([message('{"n"')], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
      misfit('output[0]: no JSON (status incomplete)'),
    ],
    ['nothing but thoughts', response([thoughts]), misfit('output: no text')],
    ['a refusal is none', response([{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }]), 'fits'],
    [
      'a call of a tool is none yet',
      response([message('So:'), { type: 'function_call', name: 'f', arguments: '{}', call_id: 'c' }]),
      'fits',
    ],
  ])('%s', async (_, step, expected) => {
    expect(await outcome(step, RESPONSES)).toEqual(expected);
  });

  test('a blocked answer that is delivered is not judged', async () => {
    const step = response([message('{"n')], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
    expect(await outcome(step, { ...RESPONSES, blockedAnswerFails: false })).toBe('fits');
  });
});

describe('messages', () => {
  const asked = (more: object): Partial<ProviderRequest> => {
    const { connection } = buildRequest(provider, '');
    const { apiBase } = connection;
    return {
      operation: 'messages',
      connection: { ...connection, messages: { base: apiBase, keyIn: 'x-api-key' } },
      validateSchema: true,
      body: { messages, max_tokens: 9, ...more },
    };
  };
  const format = { type: 'json_schema', schema: SCHEMA };
  const answer = (content: object[], reason = 'end_turn'): Step => ({
    body: { type: 'message', content, stop_reason: reason, usage: { input_tokens: 7, output_tokens: 3 } },
  });
  const says = (text: string) => ({ type: 'text', text });
  test.each<[what: string, step: Step, expected: unknown]>([
    ['JSON that fits', answer([{ type: 'thinking', thinking: 'hm' }, says('{"n": 4}')]), 'fits'],
    ['JSON that does not', answer([says('{"n":'), says('"4"}')]), misfit('content: at /n: must be integer (type)')],
    ['one that was cut', answer([says('{"n"')], 'max_tokens'), misfit('content: no JSON (stop_reason max_tokens)')],
    ['a refusal is none', answer([says('I will not.')], 'refusal'), 'fits'],
    ['a tool is no answer yet', answer([{ type: 'tool_use', id: 't', name: 'f', input: {} }], 'tool_use'), 'fits'],
  ])('%s', async (_, step, expected) => {
    for (const more of [{ output_config: { format } }, { output_format: format }]) {
      expect(await outcome(step, { ...asked(more), blockedAnswerFails: false })).toEqual(expected);
    }
  });

  test('without a schema nothing is judged', async () => {
    expect(await outcome(answer([says('n is 4')]), asked({ output_config: { effort: 'low' } }))).toBe('fits');
  });
});

describe('a schema that cannot be used is the fault of the caller', () => {
  test.each<[what: string, schema: unknown]>([
    ['none', undefined],
    ['a wrong one', { type: 'text' }],
    ['one that is elsewhere', { $ref: 'https://example.com/x.json' }],
  ])('%s: the provider is not asked', async (_, schema) => {
    const body = { messages, response_format: format(schema) };
    expect(await outcome({ content: '{}' }, { ...CHAT, body })).toMatchObject({
      kind: 'BadRequestError',
      status: 400,
      message: expect.stringMatching(/JSON schema of the request.*validate_schema: false/),
    });
    expect(provider.callCount('judged')).toBe(0);
  });

  test('one that no answer comes to an end with is told by the first, which is charged', async () => {
    const changes = { ...CHAT, body: { messages, response_format: format({ $ref: '#' }) } };
    expect(await outcome(chat(says('{}')), changes)).toMatchObject({ kind: 'BadRequestError', tokens });
  });
});

describe('a stream', () => {
  const streamed = (schema: unknown = SCHEMA) => ({
    ...CHAT,
    body: { messages, stream: true, response_format: format(schema) },
  });

  async function read(changes: Partial<ProviderRequest>) {
    provider.setScript({ judged: [{ sse: ['{"n"', ': "4"}'] }] });
    const passed: string[] = [];
    const made = await callProvider(
      buildRequest(provider, 'judged', {
        ...streamed(),
        passOn: (events) => void passed.push(...events.map(({ data }) => data)),
        ...changes,
      }),
    );
    return { text: passed.join('\n'), failure: made.facts === null ? null : classify(made.facts, Date.now()) };
  }

  test('is judged at its end, and the end is not passed on', async () => {
    const { text, failure } = await read({});
    expect(failure).toMatchObject({ kind: 'JSONSchemaValidationError', contentDelivered: true });
    expect(failure?.tokens?.total).toBeGreaterThan(0);
    expect(text).toContain(String.raw`{\"n\"`);
    expect(text).not.toContain('"finish_reason":"stop"');
  });

  test('may be restarted where that was asked for', async () => {
    const { failure } = await read({ withdraw: async () => true });
    expect(failure?.kind).toBe('JSONSchemaValidationError');
    expect(failure).not.toHaveProperty('contentDelivered');
  });

  test('that fits ends as any other', async () => {
    const { text, failure } = await read(streamed({ required: ['n'] }));
    expect(failure).toBeNull();
    expect(text).toContain('"finish_reason":"stop"');
  });
});
