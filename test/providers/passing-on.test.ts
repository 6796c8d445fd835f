import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderEvent } from '../../src/core/call/stream-part.js';
import { startMockProvider, type MockProvider, type Step } from '../../src/mock-provider/index.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import { buildRequest } from './build-request.js';

const callProvider = createCallProvider([]);

let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

interface Passed {
  readonly events: readonly ProviderEvent[];
  readonly last: boolean;
}

/** What a reader got of a stream, and how the attempt ended. A stream that is held goes on when its content was passed. */
async function play(step: Step, changes: Partial<ProviderRequest> = {}) {
  provider.setScript({ scripted: [step] });
  const passed: Passed[] = [];
  const { body = {}, ...others } = changes;
  const outcome = await callProvider(
    buildRequest(provider, 'scripted', {
      body: { messages: [{ role: 'user', content: 'Hi' }], stream: true, ...body },
      passOn: (events, last) => {
        passed.push({ events, last });
        provider.release();
      },
      ...others,
    }),
  );
  return { passed, outcome, texts: passed.flatMap(({ events }) => events.map(contentOf)) };
}

function contentOf({ data }: ProviderEvent): string | null {
  const chunk = JSON.parse(data) as { choices?: { delta: { content?: string } }[] };
  return chunk.choices?.[0]?.delta.content ?? null;
}

const WORDS = ['One ', 'two ', 'three.'];

describe('a reader gets', () => {
  test('the events as they came, the last ones when the answer was judged', async () => {
    const { passed, outcome, texts } = await play({ sse: WORDS, hold: true });
    expect(outcome.facts).toBeNull();
    expect(texts).toEqual(['', ...WORDS, null]);
    expect(passed.at(-1)).toMatchObject({ last: true, events: [expect.anything()] });
    expect(passed.slice(0, -1).map(({ last }) => last)).not.toContain(true);
  });

  test('events with their names', async () => {
    const { passed } = await play(
      { sse: WORDS, hold: true },
      { operation: 'responses', body: { input: 'Hi', stream: true } },
    );
    const names = passed.flatMap(({ events }) => events.map(({ event }) => event));
    expect(names.slice(0, 2)).toEqual(['response.created', 'response.output_item.added']);
    expect(names.at(-1)).toBe('response.completed');
    expect(passed.at(-1)?.last).toBe(true);
  });

  test('the tokens, if the caller asked for them; the answer has them in any case', async () => {
    const usages = async (options: Record<string, unknown>) => {
      const { passed, outcome } = await play({ sse: WORDS }, { body: options });
      expect(outcome).toMatchObject({ tokens: { total: expect.any(Number) } });
      return passed.flatMap(({ events }) => events).filter(({ data }) => data.includes('total_tokens')).length;
    };
    expect(await usages({})).toBe(0);
    expect(await usages({ stream_options: { include_usage: true } })).toBe(1);
  });

  test('an answer without content, at its end', async () => {
    const chunk = (choice: object, usage?: object) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }], ...(usage && { usage }) })}\n\n`;
    const raw =
      chunk({ delta: { role: 'assistant' }, finish_reason: null }) +
      chunk({ delta: {}, finish_reason: 'length' }, { completion_tokens: 3 });
    const { passed } = await play({ raw, headers: { 'content-type': 'text/event-stream' } });
    expect(passed).toMatchObject([{ last: true, events: [expect.anything(), expect.anything()] }]);
  });

  test('nothing of an answer that is no stream', async () => {
    const { passed, outcome } = await play({ body: { choices: [{ message: { content: 'Hi' } }] } });
    expect(outcome.facts).toBeNull();
    expect(passed).toEqual([]);
  });

  test('no more of a stream that has very much before its first content', async () => {
    const empty = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, pad: 'x'.repeat(1000) }] })}\n\n`;
    const content = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] })}\n\n`;
    const raw = `${empty.repeat(1600)}${content}data: [DONE]\n\n`;
    const { passed, outcome } = await play({ raw, headers: { 'content-type': 'text/event-stream' } });
    expect(outcome).toMatchObject({ response: { choices: [{ message: { content: 'Hi' } }] } });
    expect(passed).toEqual([]);
  });
});

describe('what a reader got cannot be taken back', () => {
  const cut: Step = { sse: WORDS, then: 'reset', hold: true };

  test('an attempt that fails after that says so, and has no last event', async () => {
    const { passed, outcome, texts } = await play(cut);
    expect(outcome.facts).toMatchObject({ contentDelivered: true });
    expect(texts).toEqual(['', ...WORDS]);
    expect(passed.some(({ last }) => last)).toBe(false);
  });

  test('unless the reader takes another attempt', async () => {
    expect((await play(cut, { withdraw: async () => true })).outcome.facts).not.toHaveProperty('contentDelivered');
  });

  test('one that fails in the moment in which its first content comes has shown nothing', async () => {
    const { passed, outcome } = await play({ sse: WORDS, then: 'malformed' });
    expect(outcome.facts).not.toBeNull();
    expect(outcome.facts).not.toHaveProperty('contentDelivered');
    expect(passed).toEqual([]);
  });

  test('a blocked answer is delivered once its text was shown, and fails before', async () => {
    const shown = await play({ sse: WORDS, hold: true, finish_reason: 'content_filter' });
    expect(shown.outcome.facts).toBeNull();
    const unseen = await play({ sse: WORDS, finish_reason: 'content_filter' });
    expect(unseen.outcome.facts).toMatchObject({ cause: { type: 'content filter' } });
    expect(unseen.passed).toEqual([]);
  });
});
