import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../src/core/common/operations.js';
import { apiOf } from '../../src/providers/apis.js';
import { StreamReader } from '../../src/providers/stream/stream-reader.js';

const event = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const DONE = event('[DONE]');

/** A chunk of a chat completion with one choice. */
const chunk = (delta: unknown, finish_reason: string | null = null, index = 0) =>
  event({ id: 'c1', object: 'chat.completion.chunk', model: 'm', choices: [{ index, delta, finish_reason }] });
const STOP = chunk({}, 'stop');

function read(body: string, operation: Operation = 'chat.completions', pieceLength = body.length) {
  const reader = new StreamReader(apiOf(operation).assembler(operation, 1), []);
  for (let at = 0; at < body.length; at += pieceLength) {
    if (!reader.take(body.slice(at, at + pieceLength))) break;
  }
  return { hasContent: reader.hasContent, end: reader.end() };
}

function answerOf(body: string, operation?: Operation): unknown {
  const { end } = read(body, operation);
  if (end.type !== 'answer') throw new Error(`no answer: ${JSON.stringify(end)}`);
  return end.response;
}

const message = (fields: Record<string, unknown>) => ({
  choices: [{ message: { role: 'assistant', content: null, ...fields } }],
});

describe('the chunks of a message make a whole', () => {
  const call = (index: number, fields: Record<string, unknown>) => chunk({ tool_calls: [{ index, ...fields }] });

  test.each<[what: string, body: string, answer: unknown]>([
    [
      'its text',
      chunk({ role: 'assistant', content: '', refusal: null }) +
        chunk({ content: 'Hel' }) +
        chunk({ content: 'lo' }) +
        STOP,
      {
        id: 'c1',
        object: 'chat.completion',
        model: 'm',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'Hello', refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
      },
    ],
    ['a refusal', chunk({ refusal: 'I ' }) + chunk({ refusal: 'cannot' }) + STOP, message({ refusal: 'I cannot' })],
    [
      'reasoning, under whatever name',
      chunk({ reasoning_content: 'Let ' }) + chunk({ reasoning_content: 'me' }) + chunk({ content: 'Hi' }) + STOP,
      message({ content: 'Hi', reasoning_content: 'Let me' }),
    ],
    [
      'tool calls, side by side',
      call(0, { id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }) +
        call(1, { id: 'call_2', type: 'function', function: { name: 'sub', arguments: '{' } }) +
        call(0, { function: { arguments: '{"a":' } }) +
        call(1, { function: { arguments: '}' } }) +
        call(0, { function: { arguments: '1}' } }) +
        chunk({}, 'tool_calls'),
      message({
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
          { id: 'call_2', type: 'function', function: { name: 'sub', arguments: '{}' } },
        ],
      }),
    ],
    [
      'a tool call whose names are repeated',
      call(0, { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{' } }) +
        call(0, { id: 'call_1', type: 'function', function: { name: 'add', arguments: '}' } }) +
        STOP,
      message({ tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'add', arguments: '{}' } }] }),
    ],
    [
      'a tool call in two pieces of one chunk',
      chunk({
        tool_calls: [
          { index: 0, id: 'call_1', function: { name: 'add', arguments: '{' } },
          { index: 0, function: { arguments: '}' } },
        ],
      }) + STOP,
      message({ tool_calls: [{ id: 'call_1', function: { name: 'add', arguments: '{}' } }] }),
    ],
    [
      'tool calls that all have the same index',
      call(0, { id: 'call_1', function: { name: 'add', arguments: '{}' } }) +
        call(0, { id: 'call_2', function: { name: 'sub', arguments: '{' } }) +
        call(0, { function: { arguments: '}' } }) +
        STOP,
      message({
        tool_calls: [
          { id: 'call_1', function: { name: 'add', arguments: '{}' } },
          { id: 'call_2', function: { name: 'sub', arguments: '{}' } },
        ],
      }),
    ],
    [
      'tool calls without an index, each in one piece',
      chunk({ tool_calls: [{ id: 'call_1' }] }) + chunk({ tool_calls: [{ id: 'call_2' }] }) + STOP,
      message({ tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] }),
    ],
    [
      'a message that comes at once',
      event({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] }),
      message({ content: 'Hi' }),
    ],
    [
      'several choices, in their order',
      chunk({ content: 'b' }, null, 1) + chunk({ content: 'a' }, 'stop', 0) + chunk({ content: 'B' }, 'length', 1),
      {
        choices: [
          { index: 0, message: { content: 'a' }, finish_reason: 'stop' },
          { index: 1, message: { content: 'bB' }, finish_reason: 'length' },
        ],
      },
    ],
    [
      'tokens, from the chunk without choices',
      event({ choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }], usage: null }) +
        event({ choices: [], usage: { total_tokens: 3 } }) +
        DONE,
      { usage: { total_tokens: 3 } },
    ],
    [
      'log probabilities',
      event({ choices: [{ delta: { content: 'a' }, logprobs: { content: [{ token: 'a' }], refusal: null } }] }) +
        event({ choices: [{ delta: { content: 'b' }, logprobs: { content: [{ token: 'b' }] } }] }) +
        STOP,
      { choices: [{ logprobs: { content: [{ token: 'a' }, { token: 'b' }], refusal: null } }] },
    ],
    [
      'what only this provider has: the last word counts',
      event({ citations: ['x'], choices: [{ delta: {}, content_filter_results: { hate: 'safe' } }] }) +
        event({ citations: ['x', 'y'], choices: [{ delta: {}, content_filter_results: { hate: 'safe' } }] }) +
        STOP,
      { citations: ['x', 'y'], choices: [{ content_filter_results: { hate: 'safe' } }] },
    ],
  ])('%s', (_, body, answer) => {
    expect(answerOf(body)).toMatchObject(answer as object);
  });

  test('a provider cannot change what every object has', () => {
    answerOf(
      event('{"__proto__":{"a":1},"choices":[{"delta":{"__proto__":{"b":1},"x":{"__proto__":{"c":1}}}}]}') +
        event('{"choices":[{"delta":{"__proto__":{"b":2},"x":{"__proto__":{"c":2}}}}]}') +
        DONE,
    );
    expect({}).not.toHaveProperty('a');
    expect({}).not.toHaveProperty('b');
    expect({}).not.toHaveProperty('c');
  });
});

test('the chunks of a completion make a whole', () => {
  const text = (piece: string, finish_reason: string | null = null) =>
    event({ object: 'text_completion', choices: [{ index: 0, text: piece, logprobs: null, finish_reason }] });
  expect(answerOf(text('Hel') + text('lo') + text('', 'stop'), 'completions')).toEqual({
    object: 'text_completion',
    choices: [{ index: 0, text: 'Hello', logprobs: null, finish_reason: 'stop' }],
  });
});

test('the last event of a response has the whole of it, and nothing after it matters', () => {
  const response = { status: 'completed', output: [1] };
  const body =
    event({ type: 'response.created', response: { status: 'in_progress' } }) +
    event({ type: 'response.output_text.delta', delta: 'Hi' }) +
    event({ type: 'response.completed', response }) +
    event('no JSON');
  expect(answerOf(body, 'responses')).toEqual(response);
});

describe('how a stream may end', () => {
  test.each<[what: string, body: string, type: string, operation?: Operation]>([
    ['with a finish reason and [DONE]', chunk({ content: 'a' }, 'stop') + DONE, 'answer'],
    ['with a finish reason alone', chunk({ content: 'a' }, 'stop'), 'answer'],
    ['with [DONE] alone', chunk({ content: 'a' }) + DONE, 'answer'],
    ['with [DONE] and no empty line after it', `${chunk({ content: 'a' })}data: [DONE]`, 'answer'],
    ['with comments and other line ends', `: hello\r\n\r\n${STOP.replaceAll('\n', '\r\n')}`, 'answer'],
    ['with neither', chunk({ content: 'a' }), 'broken'],
    ['with a finish reason of one choice only', chunk({}, 'stop') + chunk({}, null, 1), 'broken'],
    [
      'with [DONE] before one of two choices has ended',
      chunk({}, 'stop') + chunk({ content: 'a' }, null, 1) + DONE,
      'broken',
    ],
    ['in the middle of an event', `${chunk({ content: 'a' })}data: {"choi`, 'broken'],
    ['before the last event of a response', event({ type: 'response.created' }), 'broken', 'responses'],
    [
      'before the last event of a response, with [DONE]',
      event({ type: 'response.created' }) + DONE,
      'broken',
      'responses',
    ],
    ['without any event', '{"choices":[]}', 'no stream'],
    ['with nothing at all', '', 'no stream'],
  ])('%s', (_, body, type, operation) => {
    expect(read(body, operation).end.type).toBe(type);
  });

  test.each<[what: string, body: string, cause: unknown, operation?: Operation]>([
    [
      'an error',
      event({ error: { message: 'busy', code: 429 } }),
      { type: 'error in a 200', error: { message: 'busy', code: 429 } },
    ],
    [
      'an event named error',
      'event: error\ndata: overloaded\n\n',
      { type: 'error in a 200', error: { message: 'overloaded' } },
    ],
    [
      'an error of a response',
      event({ type: 'error', code: 'server_error', message: 'sorry' }),
      { type: 'error in a 200', error: { message: 'sorry', code: 'server_error' } },
      'responses',
    ],
    [
      'no JSON',
      event('{"a":'),
      { type: 'invalid response', message: 'the stream has an event that is no JSON object: {"a":' },
    ],
    [
      'no object',
      event('7'),
      { type: 'invalid response', message: 'the stream has an event that is no JSON object: 7' },
    ],
  ])('an event that is %s breaks it, whatever follows', (_, body, cause, operation) => {
    const { end } = read(body + STOP + DONE, operation);
    expect(end).toMatchObject({ type: 'broken', cause });
  });
});

describe('content is what a reader would see', () => {
  test.each<[what: string, body: string, hasContent: boolean, operation?: Operation]>([
    ['nothing', '', false],
    ['a role alone is none', chunk({ role: 'assistant', content: '', refusal: null, tool_calls: [] }), false],
    ['nor is a finish reason', STOP, false],
    ['text', chunk({ content: 'a' }), true],
    ['a tool call', chunk({ tool_calls: [{ index: 0, id: 'x' }] }), true],
    ['reasoning', chunk({ reasoning_content: 'hm' }), true],
    ['a text of a completion', event({ choices: [{ text: 'a' }] }), true, 'completions'],
    ['no text of a completion', event({ choices: [{ text: '' }] }), false, 'completions'],
    ['a response that was begun', event({ type: 'response.created', response: {} }), false, 'responses'],
    ['a text of a response', event({ type: 'response.output_text.delta', delta: 'a' }), true, 'responses'],
    [
      'an item of a response',
      event({ type: 'response.output_item.done', item: { type: 'message' } }),
      true,
      'responses',
    ],
    ['an error', event({ error: { message: 'a' } }), false],
  ])('%s', (_, body, hasContent, operation) => {
    expect(read(body, operation).hasContent).toBe(hasContent);
  });
});

test('how a stream is cut into pieces does not matter', () => {
  const whole = chunk({ role: 'assistant', content: '' }) + chunk({ content: 'Grüße 😀' }) + STOP + DONE;
  const expected = read(whole);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: whole.length }), (pieceLength) => {
      expect(read(whole, 'chat.completions', pieceLength)).toEqual(expected);
    }),
  );
});

test('whatever a provider streams, it is judged', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('[DONE]', 'null', '[]', '{"choices":{}}', '{"choices":[null,7,[]]}'),
  );
  const value = fc.oneof(fc.anything(), fc.record({ choices: fc.array(fc.anything()) }));
  const body = fc.array(
    fc
      .oneof(
        text,
        value.map((any) => JSON.stringify(any) ?? ''),
      )
      .map(event),
  );
  fc.assert(
    fc.property(
      body,
      fc.constantFrom<Operation>('chat.completions', 'completions', 'responses'),
      (events, operation) => {
        expect(['answer', 'broken', 'no stream']).toContain(read(events.join(''), operation).end.type);
      },
    ),
  );
});
