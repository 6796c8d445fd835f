import { beforeAll, describe, expect, test } from 'vitest';
import { TokenCounter, TokenEstimate } from '../../src/batch/index.js';
import type { Operation } from '../../src/core/common/operations.js';

let counter: TokenCounter;
beforeAll(async () => {
  counter = await TokenCounter.load();
});

const chat = (...contents: unknown[]) => ({ messages: contents.map((content) => ({ role: 'user', content })) });

/** The counts of the texts are those of OpenAI's tiktoken. */
const TABLE: readonly [what: string, Operation, model: string, request: Record<string, unknown>, tokens: number][] = [
  ['a text in the newer encoding', 'embeddings', 'gpt-4o', { input: 'antidisestablishmentarianism' }, 6],
  ['a text in the older one', 'embeddings', 'text-embedding-3-small', { input: 'お誕生日おめでとう' }, 9],
  ['the same text in the newer one', 'responses', 'gpt-4.1', { input: 'お誕生日おめでとう' }, 8],
  ['several texts', 'embeddings', 'gpt-4', { input: ['tiktoken is great!', 'tiktoken is great!'] }, 12],
  ['tokens', 'embeddings', 'text-embedding-3-small', { input: [[1, 2, 3], [4]] }, 4],
  ['messages: role, content and what each adds', 'chat.completions', 'gpt-4o', chat('hi', 'hi'), 2 * (3 + 1 + 1) + 3],
  ['parts of a message, without images', 'chat.completions', 'gpt-4o', chat(imageAndText()), 3 + 1 + 1 + 3],
  ['instructions', 'responses', 'gpt-4o', { input: 'hi', instructions: 'hi' }, 2],
  ['what looks like a special token', 'completions', 'gpt-4o', { prompt: '<|endoftext|>' }, 7],
  ['nothing', 'completions', 'gpt-4o', {}, 0],
];

function imageAndText() {
  return [
    { type: 'text', text: 'hi' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ];
}

describe('the tokens of a prompt', () => {
  test.each(TABLE)('%s', (_what, operation, model, request, tokens) => {
    expect(counter.count(operation, model, request)).toBe(tokens);
  });

  test('a long text has as many as its sentences', () => {
    const sentence = 'The quick brown fox jumps over the lazy dog.';
    const long = Array.from({ length: 1000 }, () => sentence).join(' ');
    expect(counter.count('completions', 'gpt-4o', { prompt: long })).toBe(10 * 1000);
  });

  test('a word without an end is counted all the same', () => {
    const tokens = counter.count('completions', 'gpt-4o', { prompt: 'a'.repeat(100_000) });
    expect(tokens).toBeGreaterThan(10_000);
  });
});

test('tokens are told by model group; the model of its deployment says by which encoding', () => {
  const routing = {
    groups: { old: [{ id: 'one', model: 'gpt-4' }], new: [{ id: 'two', model: 'gpt-4o' }] },
    aliases: { alias: 'old' },
  };
  const estimate = new TokenEstimate(counter, routing as never);
  const row = (model: string) => ({ operation: 'responses', model, settings: {} }) as never;
  for (const model of ['old', 'new', 'alias', 'new']) estimate.take(row(model), { input: 'お誕生日おめでとう' });
  estimate.take(row('new'), { input: 'hi' });
  expect(estimate.groups).toEqual({
    old: { rows: 1, tokens: 9, largest: 9 },
    new: { rows: 3, tokens: 17, largest: 8 },
    alias: { rows: 1, tokens: 9, largest: 9 },
  });
});
