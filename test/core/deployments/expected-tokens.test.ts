import { expect, test } from 'vitest';
import { expectedTokens } from '../../../src/core/deployments/expected-tokens.js';
import type { Operation } from '../../../src/core/common/operations.js';

const data = 'QUJD'.repeat(600);

test.each<[what: string, operation: Operation, body: Record<string, unknown>, prompt: number, most: number | null]>([
  ['a text, by its length', 'completions', { prompt: 'x'.repeat(400) }, 100, null],
  ['parts of messages', 'chat.completions', { messages: [{ content: [{ text: 'x'.repeat(40) }] }] }, 10, null],
  ['the most that the answer may have', 'chat.completions', { max_completion_tokens: 70, max_tokens: 9 }, 2, 70],
  ['the same of a responses request', 'responses', { input: 'four', max_output_tokens: 5 }, 2, 5],
  ['a limit that is none', 'messages', { max_tokens: null }, 0, null],
  ['embeddings have no answer', 'embeddings', { input: ['four', 'four'] }, 2, 0],
  ['a prompt of tokens', 'embeddings', { input: [[5, 6, 7], [8]] }, 4, 0],
  ['a picture in a URL', 'chat.completions', { messages: [{ image_url: { url: `data:x,${data}` } }] }, 1_000, null],
  ['a file', 'messages', { messages: [{ source: { data } }] }, 1_000, null],
])('%s', (_, operation, body, prompt, mostAnswer) => {
  expect(expectedTokens(operation, body)).toEqual({ prompt, mostAnswer });
});
