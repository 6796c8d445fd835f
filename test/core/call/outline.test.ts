import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonAround, outlineOf, partAt, type Path } from '../../../src/core/call/outline.js';

const LARGE = 'a large text '.repeat(3_000);
const messages = [{ role: 'user', content: `${LARGE}Which bird is this?` }];
const ended = { group: 'good' };

describe('what a workflow gets of what it hands on', () => {
  test('of a request all but its large fields, and the line of its prompt', () => {
    const input = {
      operation: 'chat.completions',
      request: { model: 'good', messages, tools: LARGE, seed: 1 },
      delayMs: 5,
    };
    expect(outlineOf(input)).toEqual({
      value: {
        operation: 'chat.completions',
        request: { model: 'good', messages: null, tools: null, seed: 1 },
        delayMs: 5,
        line: expect.stringMatching(/bird is this\?|^a large text/),
      },
      paths: [
        ['request', 'messages'],
        ['request', 'tools'],
      ],
    });
  });

  test('of an answer that its group ended with it', () => {
    expect(outlineOf({ response: { data: [LARGE] }, ended })).toEqual({
      value: { response: null, ended },
      paths: [['response']],
    });
  });

  test.each<[what: string, value: unknown]>([
    ['of a small request', { operation: 'chat.completions', request: { model: 'good', messages: [] } }],
    ['of metadata, which it looks into', { operation: 'embeddings', request: { metadata: { note: LARGE } } }],
    ['of a small answer', { response: { data: [] }, ended }],
    ['of an answer beside a report: it is for whoever asked', { response: LARGE, report: null }],
    ['of the body of a group: it is for an activity', { operation: 'chat.completions', body: { messages } }],
    ['of what is no request', { operation: 'chat.completions', request: LARGE }],
    ['of none', { operation: 'chat.completions', request: null }],
    ['of a text', LARGE],
    ['of nothing', null],
  ])('all %s', (_, value) => {
    expect(outlineOf(value)).toBeNull();
  });
});

describe('the JSON around parts of a value', () => {
  test.each<[what: string, value: unknown, paths: Path[], texts: string[]]>([
    ['no part', { a: 1 }, [], ['{"a":1}']],
    ['all of it', { a: 1 }, [[]], ['', '']],
    ['a field', { a: 1, b: 2, c: 3 }, [['b']], ['{"a":1,"b":', ',"c":3}']],
    ['a field of a field', { a: { b: 2 }, c: undefined, d: 4 }, [['a', 'b']], ['{"a":{"b":', '},"d":4}']],
    [
      'two of them',
      { a: { b: 2, '"': 3, c: 4 } },
      [
        ['a', 'b'],
        ['a', '"'],
      ],
      ['{"a":{"b":', ',"\\"":', ',"c":4}}'],
    ],
  ])('%s', (_, value, paths, texts) => {
    expect(jsonAround(value, paths)).toEqual(texts);
  });

  test('is the JSON of the value, together with theirs', () => {
    const value = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(value, fc.array(fc.boolean()), (given, chosen) => {
        const all = Object.entries(given).flatMap(([key, fields]) => Object.keys(fields).map((name) => [key, name]));
        const paths = all.filter((__, index) => chosen[index] === true);
        const parts = paths.map((path) => JSON.stringify(partAt(given, path)));
        const texts = jsonAround(given, paths);
        expect(texts.map((text, index) => `${text}${parts[index] ?? ''}`).join('')).toBe(JSON.stringify(given));
      }),
    );
  });
});
