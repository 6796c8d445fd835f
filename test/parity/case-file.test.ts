import { describe, expect, test } from 'vitest';
import { readCases } from './case-file.js';

const GOOD = {
  id: 'one',
  what: 'an answer',
  config: { model_list: [] },
  request: { model: 'a' },
  upstream: { 'a-up': [{ status: 200, content: 'ok' }] },
  want: { ok: true },
};

function problemsOf(...cases: unknown[]): (readonly string[])[] {
  return readCases(JSON.stringify(cases), 'file.json').map((read) => ('problems' in read ? read.problems : []));
}

describe('a file of cases', () => {
  test.each([
    ['no JSON', '[{', /^file\.json: not JSON: /],
    ['an object', '{"cases": []}', /^file\.json: expected a list of cases$/],
    ['an empty list', '[]', /^file\.json: has no cases$/],
  ])('that is %s is refused', (_name, text, message) => {
    expect(() => readCases(text, 'file.json')).toThrow(message);
  });

  test('what is for people and other programs is not looked at', () => {
    expect(problemsOf({ ...GOOD, litellm: { ok: 'whatever' }, why_not_litellm: 1, basis: null })).toEqual([[]]);
  });

  test('a case that is wrong does not keep the others from being read', () => {
    expect(problemsOf({ ...GOOD, want: {} }, { ...GOOD, id: 'two' })).toEqual([
      [expect.stringContaining('file.json[0].want.ok: ')],
      [],
    ]);
  });

  test('two cases of one id are told apart', () => {
    expect(problemsOf(GOOD, GOOD)).toEqual([[], ['file.json[1].id: another case has the same id']]);
  });

  test('earlier requests and sleeps', () => {
    const [read] = readCases(JSON.stringify([{ ...GOOD, before: [{ sleep: 1.5 }, { model: 'a' }] }]), 'file.json');
    expect(read).toMatchObject({ case: { before: [{ sleep: 1.5 }, { model: 'a' }] } });
  });

  test.each<[string, unknown, RegExp]>([
    ['no object', 7, /^file\.json\[0\]: /],
    ['no id', { ...GOOD, id: undefined }, /^file\.json\[0\]\.id: /],
    ['no config', { ...GOOD, config: null }, /^file\.json\[0\]\.config: /],
    ['a request that is none', { ...GOOD, request: 'hi' }, /^file\.json\[0\]\.request: /],
    ['an unknown expectation', { ...GOOD, want: { ok: true, calls: 1 } }, /^file\.json\[0\]\.want: .*"calls"/],
    [
      'bounds the wrong way round',
      { ...GOOD, want: { ok: true, timing: { gaps_s: [[0, 1], [3, 2]] } } }, // prettier-ignore
      /^file\.json\[0\]\.want\.timing\.gaps_s\[1\]: /,
    ],
    [
      'a step that no upstream can take',
      { ...GOOD, upstream: { 'a-up': [{}, { status: 99 }] } },
      /^file\.json\[0\]\.upstream\["a-up"\]\[1\]\.status: /,
    ],
    [
      'a step with an unknown key',
      { ...GOOD, upstream: { 'a-up': [{ stauts: 500 }] } },
      /^file\.json\[0\]\.upstream\["a-up"\]\[0\]\.stauts: unknown key; did you mean "status"\?/,
    ],
  ])('%s is told with its path', (_name, wrong, message) => {
    expect(problemsOf(wrong)).toEqual([[expect.stringMatching(message)]]);
  });
});
