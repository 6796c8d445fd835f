import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProviderEvent } from '../../src/core/call/stream-part.js';
import { ChoicesAssembler } from '../../src/providers/stream/choices-assembler.js';
import { HeldEvents } from '../../src/providers/stream/held-events.js';
import { StreamReader } from '../../src/providers/stream/stream-reader.js';
import { RestOfChoices } from '../../src/streaming/rest-of-choices.js';
import { ofAnswer, ofChunks } from '../field/put-together.js';

/** What a provider means to say. */
interface Meant {
  readonly thoughts: string;
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly args: string }[];
}

/** How it writes that: each member was seen. */
interface Dialect {
  readonly thoughts: 'reasoning_content' | 'reasoning' | 'parts';
  readonly index: 'right' | 'missing' | 'all 0' | 'one per piece';
  readonly id: 'once' | 'repeated' | 'another in each piece';
  readonly name: 'at once' | 'in pieces' | 'repeated';
  readonly args: 'in pieces' | 'as JSON';
  readonly finish: 'null' | '""' | '"null"' | 'missing' | 'in every chunk';
  readonly usage: 'choices []' | 'choices null' | 'no choices' | 'empty choice' | 'with the end' | 'in every chunk';
  readonly noise: readonly string[];
  readonly lineEnd: '\n' | '\r\n';
  readonly done: string;
}

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const ARGS = ['{}', '{"city":"Oslo"}', '{"a":[1,2],"b":"c d"}'];
const words = fc.stringMatching(/^[a-z ]{1,12}$/);

const meant: fc.Arbitrary<Meant> = fc.record({
  thoughts: fc.oneof(fc.constant(''), words),
  text: words,
  calls: fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{2}_[a-z]{2}$/), args: fc.constantFrom(...ARGS) }), {
    maxLength: 3,
    selector: ({ name }) => name,
  }),
});

const dialect: fc.Arbitrary<Dialect> = fc
  .record({
    thoughts: fc.constantFrom<Dialect['thoughts']>('reasoning_content', 'reasoning', 'parts'),
    index: fc.constantFrom<Dialect['index']>('right', 'missing', 'all 0', 'one per piece'),
    id: fc.constantFrom<Dialect['id']>('once', 'repeated', 'another in each piece'),
    name: fc.constantFrom<Dialect['name']>('at once', 'in pieces', 'repeated'),
    args: fc.constantFrom<Dialect['args']>('in pieces', 'as JSON'),
    finish: fc.constantFrom<Dialect['finish']>('null', '""', '"null"', 'missing', 'in every chunk'),
    usage: fc.constantFrom<Dialect['usage']>(
      'choices []',
      'choices null',
      'no choices',
      'empty choice',
      'with the end',
      'in every chunk',
    ),
    noise: fc.array(
      fc.constantFrom(
        ': ping',
        'data:',
        'data: ',
        'data: {}',
        'event: ping\ndata: {"type": "ping"}',
        'event: keepalive\ndata: x',
        'data: : OPENROUTER PROCESSING',
      ),
      { maxLength: 3 },
    ),
    lineEnd: fc.constantFrom<Dialect['lineEnd']>('\n', '\r\n'),
    done: fc.constantFrom('data: [DONE]', 'data:[DONE]', 'data:  [DONE] ', 'data: "[DONE]"'),
  })
  // An id that changes needs a number to tell whose piece it is; a number that changes, an id.
  .filter(({ index, id, name }) => {
    if (id === 'another in each piece') return index === 'right' && name === 'at once';
    return index !== 'one per piece' || id === 'repeated';
  });

type Fields = Record<string, unknown>;

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== '');
}

function deltasOf({ thoughts, text, calls }: Meant, how: Dialect): Fields[] {
  const part = (half: string) => [{ type: 'thinking', thinking: [{ type: 'text', text: half }] }];
  let pieces = 0;
  const callDeltas = calls.flatMap(({ name, args }, position) => {
    const names = how.name === 'in pieces' ? halves(name) : [name];
    const given: unknown[] = how.args === 'as JSON' ? [JSON.parse(args)] : halves(args);
    const parts: Fields[] = [
      ...names.map((each) => ({ name: each, arguments: '' })),
      ...given.map((each) => ({ arguments: each, ...(how.name === 'repeated' && { name }) })),
    ];
    return parts.map((called, piece) => {
      const number = { right: position, missing: undefined, 'all 0': 0, 'one per piece': pieces }[how.index];
      pieces += 1;
      const id = how.id === 'another in each piece' ? `call_${position}_${piece}` : `call_${position}`;
      const hasId = piece === 0 || how.id !== 'once';
      return {
        tool_calls: [
          { ...(number !== undefined && { index: number }), ...(hasId && { id, type: 'function' }), function: called },
        ],
      };
    });
  });
  return [
    { role: 'assistant', content: how.thoughts === 'parts' ? null : '' },
    ...halves(thoughts).map((half) => (how.thoughts === 'parts' ? { content: part(half) } : { [how.thoughts]: half })),
    ...halves(text).map((half) => ({ content: half })),
    ...callDeltas,
  ];
}

interface Written {
  readonly body: string;
  /** What the client is to get: the provider's events, without the tokens that it did not ask for. */
  readonly shown: readonly Fields[];
}

function write(what: Meant, how: Dialect): Written {
  const frame = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const inBetween = { null: null, '""': '', '"null"': 'null', missing: undefined, 'in every chunk': 'stop' }[
    how.finish
  ];
  const chunks: Fields[] = [
    ...deltasOf(what, how).map((delta) => ({
      index: 0,
      delta,
      ...(inBetween !== undefined && { finish_reason: inBetween }),
    })),
    { index: 0, delta: {}, finish_reason: what.calls.length > 0 ? 'tool_calls' : 'stop' },
  ].map((choice) => ({ ...frame, choices: [choice] }));
  const last = chunks.length - 1;
  const sent = chunks.map((chunk, position) => {
    const isWith = how.usage === 'in every chunk' || (how.usage === 'with the end' && position === last);
    return isWith ? { ...chunk, usage: USAGE } : chunk;
  });
  const apart: Fields | undefined = {
    'choices []': { ...frame, choices: [], usage: USAGE },
    'choices null': { ...frame, choices: null, usage: USAGE },
    'no choices': { ...frame, usage: USAGE },
    'empty choice': { ...frame, choices: [{ index: 0, delta: {}, finish_reason: null }], usage: USAGE },
    'with the end': undefined,
    'in every chunk': undefined,
  }[how.usage];
  const events = [...sent, ...(apart === undefined ? [] : [apart])].map((chunk) => `data: ${JSON.stringify(chunk)}`);
  const noisy = events.flatMap((text, position) => [text, ...how.noise.filter((_, at) => at === position % 3)]);
  const body = [...noisy, how.done].map((text) => `${text}\n\n`).join('');
  return { body: body.replaceAll('\n', how.lineEnd), shown: chunks };
}

/** Reads a stream in pieces, as it would be passed on: what the client gets, and what is kept. */
function pass(body: string, pieceLength: number): { passed: ProviderEvent[]; kept: unknown } {
  const held = new HeldEvents(true);
  const reader = new StreamReader(new ChoicesAssembler('messages'), [], held);
  const passed: ProviderEvent[] = [];
  for (let at = 0; at < body.length; at += pieceLength) {
    reader.take(body.slice(at, at + pieceLength));
    passed.push(...reader.passable());
  }
  const end = reader.end();
  if (end.type !== 'answer') throw new Error(JSON.stringify(end));
  return { passed: [...passed, ...(reader.lastEvents() ?? [])], kept: end.response };
}

const parsed = (events: readonly ProviderEvent[]) => events.map(({ data }) => JSON.parse(data) as Fields);

test('what is kept is what was meant; the client gets what the provider sent, less the tokens it did not ask for', () => {
  fc.assert(
    fc.property(meant, dialect, fc.integer({ min: 1, max: 200 }), (what, how, pieceLength) => {
      const { body, shown } = write(what, how);
      const { passed, kept } = pass(body, pieceLength);
      const { text, allText, reasoning, toolCalls, finishReason } = ofAnswer(kept);
      expect({ text, reasoning, allText }).toEqual({
        text: what.text,
        reasoning: what.thoughts,
        allText: what.thoughts + what.text,
      });
      expect(toolCalls).toMatchObject(what.calls.map(({ name, args }) => ({ name, arguments: args })));
      expect(finishReason).toBe(what.calls.length > 0 ? 'tool_calls' : 'stop');
      expect(kept).toMatchObject({ usage: USAGE });
      expect(parsed(passed)).toEqual(shown);
    }),
    { numRuns: 1000 },
  );
});

test('who joins later gets a stream that makes what is kept', () => {
  fc.assert(
    fc.property(meant, dialect, (what, how) => {
      const { kept } = pass(write(what, how).body, 10_000);
      const { finishReason: _kept, ...wanted } = ofAnswer(kept);
      const { finishReason: _got, ...got } = ofChunks(parsed(new RestOfChoices('messages').rest(kept, false) ?? []));
      expect(got).toEqual(wanted);
    }),
  );
});

test('a stream that is cut is no answer, whatever stands in its finish reasons', () => {
  fc.assert(
    fc.property(meant, dialect, fc.nat(), (what, how, at) => {
      const { body } = write(what, how);
      const events = body.split(how.lineEnd + how.lineEnd);
      const ends = events.findIndex((event) => event.includes('"delta":{}'));
      // Two pieces of content show that finish reasons mean nothing here.
      const shortest = what.text.length > 1 ? 4 + 2 * how.noise.length : ends;
      const length = Math.min(ends, shortest + (at % events.length));
      const cut = events.slice(0, length).join(how.lineEnd + how.lineEnd) + how.lineEnd + how.lineEnd;
      const reader = new StreamReader(new ChoicesAssembler('messages'), []);
      reader.take(cut);
      expect(reader.end().type).not.toBe('answer');
    }),
  );
});
