import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProviderEvent } from '../../src/core/call/stream-part.js';
import { MessageAssembler } from '../../src/providers/anthropic/message-assembler.js';
import { HeldEvents } from '../../src/providers/stream/held-events.js';
import { StreamReader } from '../../src/providers/stream/stream-reader.js';
import { eventsOfMessage } from '../../src/streaming/message-events.js';
import { trackAnswer } from '../../src/streaming/track-answer.js';

const text = fc.string({ maxLength: 6 });
const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({
    type: fc.constant('text'),
    text,
    citations: fc.array(fc.record({ cited_text: text }), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: text }),
  fc.record({ type: fc.constant('redacted_thinking'), data: text }),
  fc.record({
    type: fc.constantFrom('tool_use', 'server_tool_use'),
    id: text,
    name: text,
    input: fc.dictionary(fc.constantFrom('city', 'days'), fc.oneof(text, fc.integer())),
  }),
  fc.record({ type: fc.constant('web_search_tool_result'), content: fc.array(fc.record({ title: text })) }),
);
const message = fc.record({
  id: fc.constant('msg_1'),
  type: fc.constant('message'),
  role: fc.constant('assistant'),
  model: fc.constant('m'),
  content: fc.array(block, { maxLength: 4 }),
  stop_reason: fc.constantFrom('end_turn', 'max_tokens', 'tool_use', 'refusal', 'pause_turn'),
  stop_sequence: fc.constant(null),
  usage: fc.constant({ input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 3 }),
});

/** The events as a provider sends them, texts in pieces. */
function streamOf(whole: object, pieceLength: number): ProviderEvent[] {
  return eventsOfMessage(whole as Record<string, unknown>).flatMap((event) => {
    const { delta } = event as { delta?: Record<string, unknown> };
    const [field, value] = Object.entries(delta ?? {}).find(([key]) => key !== 'type') ?? ['', null];
    if (event.type !== 'content_block_delta' || typeof value !== 'string') return [eventOf(event)];
    const pieces = value.match(new RegExp(`[^]{1,${pieceLength}}`, 'g')) ?? [''];
    return pieces.map((piece) => eventOf({ ...event, delta: { ...delta, [field]: piece } }));
  });
}

function eventOf(event: { type: string } & Record<string, unknown>): ProviderEvent {
  return { event: event.type, data: JSON.stringify(event) };
}

function answerOf(events: readonly ProviderEvent[]): unknown {
  const reader = new StreamReader(new MessageAssembler(), [], new HeldEvents(false));
  for (const { event, data } of events) reader.take(`event: ${event}\ndata: ${data}\n\n`);
  const end = reader.end();
  if (end.type !== 'answer') throw new Error(`no answer: ${JSON.stringify(end)}`);
  return end.response;
}

const input = (partial_json: string) =>
  eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } });

function restAfter(sent: readonly ProviderEvent[], answer: unknown) {
  const tracked = trackAnswer('messages');
  for (const event of sent) tracked.add(event);
  return tracked.rest(answer, true);
}

describe("a message of Anthropic's API", () => {
  test('what is kept of a stream is the message', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 5 }), (whole, length) => {
        expect(answerOf(streamOf(whole, length))).toEqual(whole);
      }),
    );
  });

  test('what a reader got, and the rest, make the message, wherever it was cut', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 5 }), fc.nat(), (whole, length, at) => {
        const events = streamOf(whole, length);
        const sent = events.slice(0, at % (events.length + 1));
        const rest = restAfter(sent, whole);
        expect(answerOf([...sent, ...(rest ?? [])])).toEqual(whole);
      }),
    );
  });

  test('another text than the one that was sent has no rest', () => {
    const whole = { type: 'message', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' };
    const sent = streamOf({ ...whole, content: [{ type: 'text', text: 'Hi' }] }, 9).slice(0, 3);
    expect(restAfter(sent, whole)).toBeNull();
  });

  test('the input of a tool that came whole, with spaces of its own, is not sent again', () => {
    const tool = { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } };
    const whole = { type: 'message', content: [tool, { type: 'text', text: 'x' }], stop_reason: 'end_turn' };
    const spaced = input('{ "a" : 1 }');
    const [start, begin, , stop] = streamOf(whole, 99);
    const sent = [start, begin, spaced, stop].filter((each) => each !== undefined);
    const rest = restAfter(sent, whole) ?? [];
    expect(rest.map(({ event }) => event)).toEqual([
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  test.each(['{ "a b" : "c  d', '{\n  "a b"', '{"a b": "c  d \\', '{ "a b": "c  d \\" e", "n"'])(
    'the input of a tool goes on where it was cut, with spaces of its own: %s',
    (sent) => {
      const content = [{ type: 'tool_use', id: 't', name: 'f', input: { 'a b': 'c  d " e', n: [1, { m: null }] } }];
      const whole = { type: 'message', content, stop_reason: 'tool_use' };
      const [start, begin] = streamOf(whole, 99);
      const events = [start, begin, input(sent)].filter((each) => each !== undefined);
      expect(answerOf([...events, ...(restAfter(events, whole) ?? [])])).toEqual({
        ...whole,
        usage: { output_tokens: 0 },
      });
    },
  );

  test('a text that stands in the start of its block is not sent again', () => {
    const whole = { type: 'message', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' };
    const begin = eventOf({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'He' } });
    const sent = [...streamOf(whole, 9).slice(0, 1), begin];
    expect(answerOf([...sent, ...(restAfter(sent, whole) ?? [])])).toMatchObject(whole);
  });
});
