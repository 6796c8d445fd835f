import { describe, expect, test } from 'vitest';
import { model, notesOf, own, parse } from './helpers.js';

describe('a deployment that nobody can serve does not hinder the others', () => {
  test.each([
    ['replicate/meta/llama', 'no endpoint of it is known'],
    ['vertex_ai/gemini-pro', 'VERTEXAI_PROJECT or VERTEX_PROJECT or GOOGLE_CLOUD_PROJECT is not set'],
    ['nobody/model', 'unknown provider nobody'],
    ['bedrock/claude', 'AWS_REGION_NAME or AWS_REGION or AWS_DEFAULT_REGION is not set'],
  ])('%s', (name, why) => {
    const value = { model_list: [...own({ model: name }).model_list, model('b')] };
    const { routing, connections, unserved, notes } = parse(value);
    expect(Object.keys(routing.groups)).toEqual(['a', 'b']);
    expect(Object.keys(connections)).toEqual(['b#b-up']);
    expect(Object.values(unserved)).toEqual([expect.stringContaining(why)]);
    expect(notes.map(({ message }) => message)).toEqual([expect.stringMatching(/^cannot be asked: /)]);
  });

  test('in its own group it is left out', () => {
    const { routing } = parse({ model_list: [...own({ model: 'replicate/m' }).model_list, model('a')] });
    expect(routing.groups['a']?.map(({ id }) => id)).toEqual(['a#a-up']);
  });

  test('of a provider that is misspelt the note says what was probably meant', () => {
    expect(notesOf(own({ model: 'opnai/gpt-4o', api_key: 'k' }))).toEqual([
      expect.stringContaining('cannot be asked: unknown provider opnai'),
    ]);
    expect(notesOf(own({ model: 'opnai/gpt-4o', api_key: 'k' }))[0]).toContain('Did you mean openai?');
  });
});
