import { describe, expect, test } from 'vitest';
import { parseScript, ScriptError, startMockProvider, type Step } from '../../src/mock-provider/index.js';

test('a script of steps and of fault names is taken as it is', () => {
  const script = {
    'a-up': [
      { status: 429, error: { message: 'slow down' }, headers: { 'retry-after': '@date+3' } },
      { content: 'ok' },
    ],
    b: '500x2,ok',
    c: [{ hang: true }, { drip: [10, 0.2] }, { sse: ['a'], then: 'error', error: 'quota' }],
    d: { rate: 0.05, faults: '429(retry-after=1),500', seed: 7 },
    e: { rate: 1, faults: [{ reset: true }] },
  };
  expect({ ...parseScript(JSON.stringify(script)) }).toEqual(script);
});

describe('a script that cannot be used is refused with the path of each problem', () => {
  const ok: Step = {};
  const cases: [what: string, text: string, message: string | RegExp][] = [
    ['no JSON', '{', /^script: not JSON: /],
    ['no object', '[]', 'script: expected an object of model names'],
    ['a status out of range', json({ 'a-up': [ok, ok, { status: 99 }] }), /^script\["a-up"\]\[2\]\.status: Too small/],
    ['a misspelt key', json({ a: [{ stauts: 500 }] }), 'script["a"][0].stauts: unknown key; did you mean "status"?'],
    ['a foreign key', json({ a: [{ somethingElse: 1 }] }), 'script["a"][0].somethingElse: unknown key'],
    ['two answers', json({ a: [{ hang: true, content: 'x' }] }), 'script["a"][0].hang: cannot stand beside "content"'],
    ['an ending without a stream', json({ a: [{ then: 'reset' }] }), 'script["a"][0].then: needs "sse"'],
    ['half a drip', json({ a: [{ drip: [1] }] }), /^script\["a"\]\[0\]\.drip/],
    [
      'a header of two lines',
      json({ a: [{ headers: { a: 'b\nc' } }] }),
      /^script\["a"\]\[0\]\.headers\.a: a header value/,
    ],
    ['an unknown error name', json({ a: [{ error: 'nope' }] }), /^script\["a"\]\[0\]\.error: /],
    ['no steps', json({ a: [] }), /^script\["a"\]: Too small/],
    ['neither steps nor a name', json({ a: 3 }), 'script["a"]: expected a list of steps, a fault name or a mix'],
    ['a share above 1', json({ a: { rate: 5, faults: '500' } }), /^script\["a"\]\.rate: Too big/],
    ['a mix without faults', json({ a: { rate: 1 } }), 'script["a"].faults: expected a list of steps or a fault name'],
    ['a mix of unknown faults', json({ a: { rate: 1, faults: 'no' } }), 'script["a"].faults: "no" is not a fault name'],
    [
      'a misspelt key of a mix',
      json({ a: { rate: 1, faults: '500', sed: 1 } }),
      'script["a"].sed: unknown key; did you mean "seed"?',
    ],
    ['an unknown fault name', json({ a: '429,okk' }), 'script["a"]: "429,okk" is not a fault name'],
    [
      'two problems',
      json({ a: [{ status: 1.5 }], b: 'nope' }),
      /^script\["a"\]\[0\]\.status: .*\nscript\["b"\]: "nope" is not/,
    ],
  ];
  test.each(cases)('%s', (_, text, message) => {
    const expected = expect(() => parseScript(text));
    if (typeof message === 'string') expected.toThrow(new ScriptError(message));
    else expected.toThrow(message);
  });
});

test('a script given as an object is checked as well', async () => {
  await expect(startMockProvider({ script: { a: [{ status: 1000 }] } })).rejects.toThrow('script["a"][0].status');
});

function json(value: unknown): string {
  return JSON.stringify(value);
}
