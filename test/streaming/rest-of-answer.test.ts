import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../src/core/common/operations.js';
import type { ProviderEvent } from '../../src/core/call/stream-part.js';
import { apiOf } from '../../src/providers/apis.js';
import { HeldEvents } from '../../src/providers/stream/held-events.js';
import { StreamReader } from '../../src/providers/stream/stream-reader.js';
import { eventsOfResponse } from '../../src/streaming/response-events.js';
import { trackAnswer } from '../../src/streaming/track-answer.js';

type Streamed = 'chat.completions' | 'completions' | 'responses';

/** The answer that the events make, read as a client would. */
function answerOf(operation: Streamed, events: readonly ProviderEvent[]): unknown {
  const reader = new StreamReader(apiOf(operation).assembler(operation, 1), [], new HeldEvents(false));
  for (const { event, data } of events) {
    reader.take(`${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`);
  }
  const end = reader.end();
  if (end.type !== 'answer') throw new Error(`no answer: ${JSON.stringify(end)}`);
  return end.response;
}

function restAfter(operation: Operation, sent: readonly ProviderEvent[], answer: unknown, usage = true) {
  const tracked = trackAnswer(operation);
  for (const event of sent) tracked.add(event);
  return tracked.rest(answer, usage);
}

const event = (data: object): ProviderEvent => ({ data: JSON.stringify(data) });
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const frame = (object: string) => ({ id: 'c1', object, created: 7, model: 'm', system_fingerprint: 'fp' });

const piece = fc.string({ maxLength: 4 });
const call = fc.record({ index: fc.integer({ min: 0, max: 2 }), arguments: piece });
const delta = fc.oneof(
  fc.record({ content: piece }),
  fc.record({ refusal: piece }),
  fc.record({ reasoning_content: piece }),
  fc.record({ tool_calls: fc.array(call, { maxLength: 2 }) }),
);
const chatStream = fc
  .array(fc.record({ index: fc.integer({ min: 0, max: 1 }), delta }), { minLength: 1, maxLength: 12 })
  .map((pieces) => chatEvents(pieces));

/** A stream as providers send it: a first chunk per choice, calls whose ids come once, finish reasons, tokens. */
function chatEvents(pieces: readonly { index: number; delta: Record<string, unknown> }[]): ProviderEvent[] {
  const known = new Set<string>();
  const chunk = (choice: object) => event({ ...frame('chat.completion.chunk'), choices: [choice] });
  const chunks = pieces.map(({ index, delta: { tool_calls: calls, ...others } }) => {
    const list = (calls ?? []) as { index: number; arguments: string }[];
    const itsCalls = list.map((each) => {
      const id = `call_${index}_${each.index}`;
      const isNew = !known.has(id);
      known.add(id);
      const begin = isNew ? { id, type: 'function' } : {};
      return { index: each.index, ...begin, function: { ...(isNew && { name: 'f' }), arguments: each.arguments } };
    });
    return chunk({
      index,
      delta: { ...others, ...(calls !== undefined && { tool_calls: itsCalls }) },
      finish_reason: null,
    });
  });
  const indexes = [...new Set(pieces.map(({ index }) => index))];
  return [
    ...indexes.map((index) => chunk({ index, delta: { role: 'assistant', content: '' }, finish_reason: null })),
    ...chunks,
    ...indexes.map((index) => chunk({ index, delta: {}, finish_reason: 'stop' })),
    event({ ...frame('chat.completion.chunk'), choices: [], usage: USAGE }),
  ];
}

const textStream = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  .map((pieces) => [
    ...pieces.map((text) =>
      event({ ...frame('text_completion'), choices: [{ index: 0, text, logprobs: null, finish_reason: null }] }),
    ),
    event({ ...frame('text_completion'), choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'stop' }] }),
  ]);

const text = fc.string({ maxLength: 6 });
const item = fc.oneof(
  fc.record({
    id: fc.constant('msg_1'),
    type: fc.constant('message'),
    role: fc.constant('assistant'),
    status: fc.constant('completed'),
    content: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('output_text'), text, annotations: fc.constant([]) }),
        fc.record({ type: fc.constant('refusal'), refusal: text }),
      ),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    id: fc.constant('fc_1'),
    type: fc.constant('function_call'),
    status: fc.constant('completed'),
    name: fc.constant('f'),
    arguments: text,
  }),
  fc.record({
    id: fc.constant('rs_1'),
    type: fc.constant('reasoning'),
    summary: fc.array(fc.record({ type: fc.constant('summary_text'), text }), { maxLength: 2 }),
  }),
  fc.record({ id: fc.constant('ws_1'), type: fc.constant('web_search_call'), status: fc.constant('completed') }),
);
const responseStream = fc
  .array(item, { minLength: 1, maxLength: 3 })
  .map((output) =>
    eventsOfResponse({ id: 'resp_1', object: 'response', status: 'completed', model: 'm', output, usage: USAGE }).map(
      (each, number) => ({ event: each.type, data: JSON.stringify({ ...each, sequence_number: number }) }),
    ),
  );

describe('what a reader got and the rest make the whole answer, wherever it stopped', () => {
  test.each<[Streamed, fc.Arbitrary<ProviderEvent[]>]>([
    ['chat.completions', chatStream],
    ['completions', textStream],
    ['responses', responseStream],
  ])('%s', (operation, streams) => {
    fc.assert(
      fc.property(streams, fc.nat(), (events, cut) => {
        const answer = answerOf(operation, events);
        const sent = events.slice(0, cut % events.length);
        const rest = restAfter(operation, sent, answer);
        expect(rest).not.toHaveLength(0);
        expect(answerOf(operation, [...sent, ...(rest ?? [])])).toEqual(answer);
      }),
    );
  });

  test('of a response, no text twice, and the events in their order and numbers', () => {
    fc.assert(
      fc.property(responseStream, fc.nat(), (events, cut) => {
        const answer = answerOf('responses', events);
        const sent = events.slice(0, cut % events.length);
        const all = [...sent, ...(restAfter('responses', sent, answer) ?? [])].map(
          ({ data }) => JSON.parse(data) as object,
        );
        // A text that is empty is not sent.
        const whole = events
          .map(({ data }) => JSON.parse(data) as object)
          .filter((each) => !('delta' in each && each.delta === ''));
        const withoutNumbers = (list: object[]) => list.map((each) => ({ ...each, sequence_number: undefined }));
        expect(withoutNumbers(all.filter((each) => !('delta' in each && each.delta === '')))).toEqual(
          withoutNumbers(whole),
        );
        expect(all).toEqual(all.map((each, index) => ({ ...each, sequence_number: index })));
      }),
    );
  });
});

describe('an answer of which the reader got something else', () => {
  const answer = (content: string) => ({
    ...frame('chat.completion'),
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  });

  test('has no rest', () => {
    const sent = [event({ ...frame('chat.completion.chunk'), choices: [{ index: 0, delta: { content: 'Hello' } }] })];
    expect(restAfter('chat.completions', sent, answer('Hello there'))).not.toBeNull();
    expect(restAfter('chat.completions', sent, answer('Good morning'))).toBeNull();
  });

  test('nor has a response', () => {
    const output = [{ id: 'm', type: 'message', content: [{ type: 'output_text', text: 'Good morning' }] }];
    const sent = [event({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello' })];
    expect(restAfter('responses', sent, { id: 'r', status: 'completed', output })).toBeNull();
  });
});

test('the tokens are shown to those who asked for them', () => {
  const answer = answerOf('completions', [
    event({ ...frame('text_completion'), choices: [{ index: 0, text: 'Hi', finish_reason: 'stop' }], usage: USAGE }),
  ]);
  const usages = (showsUsage: boolean) =>
    restAfter('completions', [], answer, showsUsage)?.filter(({ data }) => data.includes('total_tokens'));
  expect(usages(true)).toHaveLength(1);
  expect(usages(false)).toHaveLength(0);
});
