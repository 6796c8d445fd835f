import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderEvent, StreamPart } from '../../src/core/call/stream-part.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { startApart } from '../helpers/start-apart.js';
import { TIMED } from '../helpers/timed.js';

/** The parts that a reader gets while its call runs, written by the test: what the ways really do is tested elsewhere. */
let parts: StreamPart[] = [];

let gateway: TestGateway;
beforeAll(async () => {
  const config = { model_list: group('good'), router_settings: FAST };
  gateway = await openGateway(config, { 'good-up': [{ content: 'Hello there.' }] }, {}, (options) =>
    startApart(options, () => ({
      async *read() {
        yield* parts;
      },
    })),
  );
});
afterAll(() => gateway.close());

const chunk = (delta: object, finish_reason: string | null = null): ProviderEvent => ({
  data: JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  }),
});
const part = (attempt: number, content: string, of: Partial<StreamPart['of']> = {}): StreamPart => ({
  of: { group: 'good', attempt, deployment: 'd', groupRetries: 0, groupMaxRetries: null, fallbacks: 0, ...of },
  events: [chunk({ content })],
  last: false,
});
const end = (attempt: number): StreamPart => ({ ...part(attempt, ''), events: [chunk({}, 'stop')], last: true });

/** What the client gets while these parts come; the call itself is answered by its first attempt. */
async function stream(its: StreamPart[], headers: Record<string, string> = {}) {
  parts = its;
  const response = await gateway.fetch('/v1/chat/completions', {
    json: { model: 'good', stream: true, messages: [{ role: 'user', content: 'Hi' }] },
    headers,
  });
  const { text, events } = await readEvents(response);
  const chunks = events
    .filter(({ data }) => data !== '[DONE]')
    .map(
      ({ data }) =>
        JSON.parse(data) as { choices?: { delta: { content?: string } }[]; error?: object; holdfast?: object },
    );
  return {
    response,
    isDone: text.endsWith('data: [DONE]\n\n'),
    chunks,
    texts: chunks.map(({ choices }) => choices?.[0]?.delta.content),
    callId: response.headers.get('x-holdfast-workflow-id') ?? '',
  };
}

const RESTART = { 'x-holdfast-stream-restart': 'true' };

describe('what comes of the attempt that answers', () => {
  test('is sent as it comes', async () => {
    const { texts, isDone, chunks } = await stream([part(1, 'Hello '), part(1, 'there.'), end(1)]);
    expect(texts).toEqual(['Hello ', 'there.', undefined]);
    expect(isDone).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ id: 'chatcmpl-1', holdfast: { 'x-litellm-model-group': 'good' } });
  });

  test('and what is missing of it is taken from the answer', async () => {
    const { texts, isDone } = await stream([part(1, 'Hello ')]);
    expect(texts).toEqual(['Hello ', 'there.', undefined]);
    expect(isDone).toBe(true);
  });

  test('all of it, if nothing came', async () => {
    const { texts, isDone } = await stream([]);
    expect(texts).toEqual(['Hello there.', undefined]);
    expect(isDone).toBe(true);
  });

  test('the headers are those of its attempt', TIMED, async () => {
    const of = { group: 'other', deployment: 'there', groupRetries: 2, groupMaxRetries: 5, fallbacks: 1 };
    const { response } = await stream([part(3, 'Hello ', of)]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-litellm-model-group': 'other',
      'x-litellm-model-id': 'there',
      'x-litellm-attempted-retries': '2',
      'x-litellm-max-retries': '5',
      'x-litellm-attempted-fallbacks': '1',
    });
  });
});

describe('when content was sent, and another attempt begins', () => {
  const isHonest = async (its: StreamPart[]) => {
    const { chunks, isDone, callId } = await stream(its);
    expect(isDone).toBe(false);
    expect(chunks.at(-1)).toMatchObject({
      error: { kind: 'AttemptsLostError', message: expect.stringContaining(`GET /holdfast/calls/${callId}`) },
    });
    // The call goes on, and its answer is there.
    const { response } = await gateway.client.handle(callId).result();
    expect(response.choices[0]?.message.content).toBe('Hello there.');
  };

  test('the stream ends with an error', () => isHonest([part(1, 'Hel'), part(2, 'Good morning')]));
  test('also if nothing came of the other', () => isHonest([part(7, 'Good ')]));
  test('also if the first was whole already', () => isHonest([part(7, 'Good morning'), end(7)]));
  test('also if it is in another group', () => isHonest([part(1, 'Hel', { group: 'before' }), part(1, 'Hello')]));

  test('also if it is the same attempt of another run, after a reset', () =>
    isHonest([part(1, 'Hel', { run: 'first' }), part(1, 'Hello', { run: 'second' })]));

  test('with restarts, the answer begins again, and an attempt that was left is not heard', async () => {
    const { texts, chunks, isDone } = await stream([part(0, 'Good '), part(1, 'Hello '), part(0, 'morning')], RESTART);
    expect(texts).toEqual(['Good ', 'Hello ', 'there.', undefined]);
    expect(chunks[1]).toMatchObject({ holdfast: { restart: { attempt: 1, instead_of: { attempt: 0 } } } });
    expect(isDone).toBe(true);
  });

  test('with restarts, also if nothing came of the other', async () => {
    const { texts, chunks, isDone } = await stream([part(7, 'Good ')], RESTART);
    expect(texts).toEqual(['Good ', 'Hello there.', undefined]);
    expect(chunks[1]).toMatchObject({ holdfast: { restart: { attempt: 1 } } });
    expect(isDone).toBe(true);
  });
});

test('an answer that does not begin with what was sent is no success', async () => {
  const { chunks, isDone } = await stream([part(1, 'Good ')]);
  expect(isDone).toBe(false);
  expect(chunks.at(-1)).toMatchObject({ error: { kind: 'AttemptsLostError' } });
});
