import { expect, test } from 'vitest';
import {
  isOperation,
  OPERATION_URLS,
  operationOfUrl,
  OPERATIONS,
  type Operation,
} from '../../../src/core/common/operations.js';

test.each<[operation: Operation, path: string, prompt: string, answer: string]>([
  ['chat.completions', '/chat/completions', 'messages', 'choices'],
  ['completions', '/completions', 'prompt', 'choices'],
  ['responses', '/responses', 'input', 'output'],
  ['embeddings', '/embeddings', 'input', 'data'],
  ['moderations', '/moderations', 'input', 'results'],
  ['images.generations', '/images/generations', 'prompt', 'data'],
  ['messages', '/messages', 'messages', 'content'],
])('%s: where it goes, what holds the prompt and the answer', (operation, path, prompt, answer) => {
  expect(OPERATIONS[operation]).toMatchObject({ path, prompt, answer });
});

test('only the names of operations are operations', () => {
  const names = [...Object.keys(OPERATIONS), 'toString', 'chat', 'chat/completions', undefined, 1];
  expect(names.filter(isOperation)).toEqual(Object.keys(OPERATIONS));
});

test('the path of an operation stands for it, with /v1 and without', () => {
  expect(operationOfUrl('/v1/chat/completions')).toBe('chat.completions');
  expect(operationOfUrl('/embeddings')).toBe('embeddings');
  for (const url of ['/v2/embeddings', 'embeddings', '', undefined, 1]) expect(operationOfUrl(url)).toBeUndefined();
  expect(OPERATION_URLS).toContain('/v1/responses');
});
