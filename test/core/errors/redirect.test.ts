import { expect, test } from 'vitest';
import { classify } from '../../../src/core/errors/classify.js';
import { NOW_MS } from '../build.js';

test.each<[target: string | null, text: string]>([
  ['https://llm.example.org/v1', 'the provider answered 308, a redirect to https://llm.example.org/v1.'],
  [null, 'the provider answered 308, a redirect to nowhere.'],
])('a redirect to %s says where it leads, and is not retried by default', (target, text) => {
  const cause = { type: 'redirect', status: 308, target } as const;
  expect(classify({ cause, phase: 'reading the answer', headers: {} }, NOW_MS)).toMatchObject({
    kind: 'InvalidResponseError',
    status: 502,
    message: expect.stringContaining(text),
    notRetriedByDefault: 'a redirect is never followed, and leads there each time',
  });
});
