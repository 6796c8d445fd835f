import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProviderEvent } from '../../src/core/call/stream-part.js';
import { MessageAssembler } from '../../src/providers/anthropic/message-assembler.js';
import { HeldEvents } from '../../src/providers/stream/held-events.js';
import { StreamReader } from '../../src/providers/stream/stream-reader.js';

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

const text = fc.string({ maxLength: 8, unit: 'grapheme' });
const pieces = (value: fc.Arbitrary<string>) => fc.array(value, { maxLength: 4 });
const JSONS = ['{}', '{"city":"Oslo"}', '{ "a": [1, 2],\n "b": "c d \\u00e9" }', '{"n":null}'];

/** A text in pieces, wherever it is cut. */
const cutText = (value: fc.Arbitrary<string>) =>
  fc.tuple(value, fc.array(fc.nat(40), { maxLength: 3 })).map(([whole, cuts]) => {
    const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length];
    return places.slice(1).map((end, index) => whole.slice(places[index], end));
  });

interface Block {
  readonly start: object;
  readonly deltas: readonly object[];
}

const ofText = (deltas: readonly string[]) => deltas.map((each) => ({ type: 'text_delta', text: each }));
const block: fc.Arbitrary<Block> = fc.oneof(
  pieces(text).map((deltas) => ({ start: { type: 'text', text: '' }, deltas: ofText(deltas) })),
  fc
    .tuple(text, pieces(text))
    .map(([begun, deltas]) => ({ start: { type: 'text', text: begun }, deltas: ofText(deltas) })),
  fc.tuple(pieces(text), pieces(text)).map(([cited, deltas]) => ({
    start: { type: 'text', text: '' },
    deltas: [
      ...cited.map((each) => ({ type: 'citations_delta', citation: { type: 'char_location', cited_text: each } })),
      ...ofText(deltas),
    ],
  })),
  fc.tuple(pieces(text), text).map(([thoughts, signature]) => ({
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...thoughts.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature },
    ],
  })),
  text.map((data) => ({ start: { type: 'redacted_thinking', data }, deltas: [] })),
  fc.tuple(fc.constantFrom('tool_use', 'server_tool_use'), cutText(fc.constantFrom(...JSONS))).map(([type, cut]) => ({
    start: { type, id: 'toolu_1', name: 'weather', input: {} },
    deltas: ['', ...cut].map((json) => ({ type: 'input_json_delta', partial_json: json })),
  })),
  fc.constant({ start: { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} }, deltas: [] }),
);

/** A message as a provider streams it: usage at both ends, pings anywhere. */
const stream = fc
  .record({
    blocks: fc.array(block, { maxLength: 4 }),
    pings: fc.array(fc.nat(30), { maxLength: 3 }),
    reason: fc.constantFrom('end_turn', 'max_tokens', 'tool_use', 'refusal', 'pause_turn', 'a_new_reason'),
    tokens: fc.record({ input: fc.nat(99), cached: fc.nat(99), output: fc.integer({ min: 1, max: 99 }) }),
    tellsAllAtEnd: fc.boolean(),
  })
  .map(({ blocks, pings, reason, tokens, tellsAllAtEnd }) => {
    const input = { input_tokens: tokens.input, cache_read_input_tokens: tokens.cached };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] };
    const events: Event[] = [
      {
        type: 'message_start',
        message: { ...message, stop_reason: null, stop_sequence: null, usage: { ...input, output_tokens: 1 } },
      },
      ...blocks.flatMap(({ start, deltas }, index): Event[] => [
        { type: 'content_block_start', index, content_block: start },
        ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
        { type: 'content_block_stop', index },
      ]),
      {
        type: 'message_delta',
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { ...(tellsAllAtEnd && input), output_tokens: tokens.output },
      },
      { type: 'message_stop' },
    ];
    for (const at of pings) events.splice(1 + (at % (events.length - 1)), 0, { type: 'ping' });
    return events;
  });

const eventOf = (event: Event): ProviderEvent => ({ event: event.type, data: JSON.stringify(event) });
const wireOf = (events: readonly ProviderEvent[]) =>
  events.map(({ event = '', data }) => `event: ${event}\ndata: ${data}\n\n`).join('');
const withoutPings = (events: readonly Event[]) => events.filter(({ type }) => type !== 'ping').map(eventOf);

/** What Anthropic's client makes of a stream. */
async function assembled(events: readonly ProviderEvent[]): Promise<unknown> {
  const headers = { 'content-type': 'text/event-stream' };
  const fetch = async () => new Response(wireOf(events), { headers });
  const client = new Anthropic({ apiKey: 'any', baseURL: 'http://127.0.0.1', maxRetries: 0, fetch });
  const asked = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] };
  const message = await client.messages.stream(asked).finalMessage();
  // Its own field, for what was asked by a schema.
  return JSON.parse(JSON.stringify(message, (key, value: unknown) => (key === 'parsed_output' ? undefined : value)));
}

/** What the worker keeps of a stream that comes in pieces of some length, and what it passes on. */
function readInPieces(wire: string, length: number) {
  const reader = new StreamReader(new MessageAssembler(), [], new HeldEvents(false));
  const seen: ProviderEvent[] = [];
  for (let at = 0; at < wire.length; at += length) {
    const wantsMore = reader.take(wire.slice(at, at + length));
    seen.push(...reader.passable());
    if (!wantsMore) break;
  }
  const end = reader.end();
  return { end, seen: end.type === 'answer' ? [...seen, ...(reader.lastEvents() ?? [])] : seen, tokens: reader.tokens };
}

describe('a streamed message', () => {
  test("what is kept is what Anthropic's client assembles, and what a client sees is what it would see there", async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 1, max: 400 }), async (events, length) => {
        const { end, seen } = readInPieces(wireOf(events.map(eventOf)), length);
        expect(seen).toEqual(withoutPings(events));
        const expected = await assembled(events.map(eventOf));
        expect(end).toEqual({ type: 'answer', response: expected });
      }),
    );
  });

  test('one that is cut before its end is none, and what was seen of it is its beginning', () => {
    fc.assert(
      fc.property(stream, fc.nat(), fc.integer({ min: 1, max: 400 }), (events, at, length) => {
        const last = events.findIndex(({ type }) => type === 'message_delta');
        const begun = events.slice(0, 1 + (at % last));
        const { end, seen } = readInPieces(wireOf(begun.map(eventOf)), length);
        expect(end).toMatchObject({ type: 'broken', cause: { type: 'invalid response' } });
        expect(withoutPings(begun).slice(0, seen.length)).toEqual(seen);
      }),
    );
  });

  test.each([
    ['with its name', 'event: error\n'],
    ['without', ''],
  ])('an error in it, %s, ends it with the tokens that were told', (_what, name) => {
    fc.assert(
      fc.property(stream, fc.nat(), (events, at) => {
        const last = events.findIndex(({ type }) => type === 'message_delta');
        const begun = events.slice(0, 1 + (at % last));
        const error = `${name}data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`;
        const { end, seen, tokens } = readInPieces(wireOf(begun.map(eventOf)) + error, 50);
        expect(end).toMatchObject({
          type: 'broken',
          cause: { type: 'error in a 200', error: { type: 'overloaded_error', message: 'Overloaded' } },
        });
        expect(seen.every(({ data }) => !data.includes('overloaded'))).toBe(true);
        expect(tokens?.completion).toBe(1);
      }),
    );
  });

  test('whatever a provider sends, it is read to an end', () => {
    const type = fc.constantFrom(
      ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta'],
      ...['message_stop', 'ping', 'error', 'a_new_event', '__proto__'],
    );
    const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('__proto__', -1, 1e9, 'text', {}));
    const fields = ['index', 'message', 'content_block', 'delta', 'usage', 'error'];
    const event = fc.tuple(type, fc.dictionary(fc.constantFrom(...fields), odd), fc.boolean());
    const wire = fc
      .array(event, { maxLength: 12 })
      .map((events) =>
        events
          .map(
            ([name, more, isNamed]) =>
              `${isNamed ? `event: ${name}\n` : ''}data: ${JSON.stringify({ ...more, type: name })}\n\n`,
          )
          .join(''),
      );
    fc.assert(
      fc.property(wire, fc.integer({ min: 1, max: 400 }), (text, length) => {
        const { end } = readInPieces(text, length);
        expect(['answer', 'broken', 'no stream']).toContain(end.type);
        expect(() => JSON.stringify(end)).not.toThrow();
      }),
    );
    expect(Object.prototype).not.toHaveProperty('text');
  });

  test.each([
    ['thoughts that nobody may read', { type: 'redacted_thinking', data: 'AAAA' }],
    ['what a tool of the provider found', { type: 'web_search_tool_result', content: [{ title: 'Oslo' }] }],
  ])('%s are seen at once', (_what, content_block) => {
    const events = [
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block },
    ];
    expect(readInPieces(wireOf(events.map(eventOf)), 9).seen).toHaveLength(2);
  });

  test('a reason at its very beginning ends nothing', () => {
    const started = { ...eventOf({ type: 'message_start', message: { stop_reason: 'end_turn', content: [] } }) };
    const delta = eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } });
    const counted = eventOf({ type: 'message_delta', delta: {}, usage: { output_tokens: 1 } });
    expect(readInPieces(wireOf([started, delta, counted]), 9).end.type).toBe('broken');
  });
});
