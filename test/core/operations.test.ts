import { expect, test } from 'vitest';
import { isOperation, OPERATIONS } from '../../src/core/operations.js';

test('chat completions: where they go, what holds the prompt and the answer', () => {
  expect(OPERATIONS['chat.completions']).toMatchObject({
    path: '/chat/completions',
    prompt: 'messages',
    answer: 'choices',
  });
});

test('only the names of operations are operations', () => {
  const names = [...Object.keys(OPERATIONS), 'toString', 'completions', undefined, 1];
  expect(names.filter(isOperation)).toEqual(Object.keys(OPERATIONS));
});
