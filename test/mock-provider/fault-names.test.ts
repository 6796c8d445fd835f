import { describe, expect, test } from 'vitest';
import { FAULT_NAMES, parseFaultName } from '../../src/mock-provider/fault-names.js';
import type { Step } from '../../src/mock-provider/index.js';
import { stepSchema } from '../../src/mock-provider/steps.js';

describe('a model name that is a fault name', () => {
  const cases: [what: string, name: string, steps: Step[]][] = [
    ['one word is one step', 'ok', [{}]],
    ['a status', '503', [{ status: 503 }]],
    ['a list in order', '429,500,ok', [{ status: 429 }, { status: 500 }, {}]],
    ['repeats', '429x2,ok', [{ status: 429 }, { status: 429 }, {}]],
    ['a header', '429(retry-after=2)', [{ status: 429, headers: { 'retry-after': '2' } }]],
    [
      'more headers, one of them a date ahead, and repeats',
      '503(Retry-After=@date+3;x-a=b)x2',
      Array.from({ length: 2 }, () => ({ status: 503, headers: { 'retry-after': '@date+3', 'x-a': 'b' } })),
    ],
    ['seconds', 'slow(2.5)', [{ delay: 2.5 }]],
    ['seconds by default', 'slow', [{ delay: 3 }]],
    ['bytes', 'large(100)', [{ large: 100 }]],
    ['a word with a hyphen', 'stream-reset,ok', [{ sse: ['Hel', 'lo'], then: 'reset' }, {}]],
    [
      'a header beside the headers of the word',
      'html(x-a=1)',
      [{ raw: expect.any(String) as string, headers: { 'content-type': 'text/html', 'x-a': '1' } }],
    ],
  ];
  test.each(cases)('%s: %s', (_, name, steps) => {
    expect(parseFaultName(name)).toEqual(steps);
  });
});

describe('a model name that is no fault name', () => {
  test.each([
    'gpt-4o-mini',
    'a-up',
    '',
    '429,',
    ',ok',
    '429x0',
    '429x99999',
    '100',
    '999',
    '4290',
    'hang(3)',
    'slow(x)',
    'slow(9999999)',
    'large(1.5)',
    '429(retry-after)',
    '429()',
    'toString',
    'constructor',
  ])('%j', (name) => {
    expect(parseFaultName(name)).toBeUndefined();
  });
});

test.each(FAULT_NAMES)('the word %s gives a step that a script could have', (word) => {
  for (const step of parseFaultName(word) ?? []) expect(stepSchema.parse(step)).toEqual(step);
});
