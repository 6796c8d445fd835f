import { APIError, type OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';

const WORDS = ['One ', 'two ', 'three.'];
const TEXT = WORDS.join('');

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: ['good', 'cut', 'again', 'held'].flatMap((name) => group(name)),
    router_settings: { ...FAST, num_retries: 1 },
  };
  gateway = await openGateway(config, {
    'good-up': [{ sse: WORDS }],
    'held-up': [{ sse: WORDS, hold: true }],
    'cut-up': [{ sse: WORDS, hold: true, then: 'error' }],
    'again-up': [{ sse: ['Wrong '], hold: true, then: 'reset' }, { sse: WORDS }],
  });
});
afterAll(() => gateway.close());

type Event = OpenAI.Responses.ResponseStreamEvent & { holdfast?: { restart?: object } };

/** Reads a stream to its end. One that is held goes on when this text was read. */
async function read(stream: AsyncIterable<Event>, heldAfter = '') {
  const events: Event[] = [];
  let text = '';
  for await (const event of stream) {
    events.push(event);
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (text === heldAfter) gateway.provider.release();
  }
  return { events, text };
}

const open = (model: string, headers: Record<string, string> = {}) =>
  gateway.openai().responses.create({ model, input: 'Count.', stream: true }, { headers });

describe('Responses', () => {
  test('the last event has what is to be known of the call; there is no [DONE]', async () => {
    const { events } = await read(await open('good'));
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', holdfast: { 'x-litellm-model-group': 'good' } });
    const response = await gateway.fetch('/v1/responses', { json: { model: 'good', input: 'Count.', stream: true } });
    expect((await readEvents(response)).text).not.toContain('[DONE]');
  });

  test("a reader that comes again gets all of it, in events that OpenAI's helper can put together", async () => {
    const headers = { 'Idempotency-Key': 'again' };
    const { text } = await read(await open('good', headers));
    const before = gateway.provider.callCount('good-up');
    const stream = gateway.openai().responses.stream({ model: 'good', input: 'Count.' }, { headers });
    expect((await stream.finalResponse()).output_text).toBe(text);
    expect(text).toBe(TEXT);
    expect(gateway.provider.callCount('good-up')).toBe(before);
  });

  test("a stream that breaks is an error of OpenAI's client", async () => {
    const broken = read(await open('cut'), TEXT);
    await expect(broken).rejects.toBeInstanceOf(APIError);
    await expect(broken).rejects.toMatchObject({ error: { kind: 'InvalidResponseError', status: 502 } });
  });

  test('and on the wire an event with that name', async () => {
    const response = await gateway.fetch('/v1/responses', { json: { model: 'cut', input: 'Count.', stream: true } });
    const { events } = await readEvents(response, ({ data }) => {
      if (data.includes(WORDS[2]!)) gateway.provider.release();
    });
    expect(events.at(-1)?.event).toBe('error');
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({
      type: 'error',
      message: expect.any(String),
      error: { kind: 'InvalidResponseError' },
    });
  });

  test('a restart is a new response.created', async () => {
    const { events } = await read(await open('again', { 'x-holdfast-stream-restart': 'true' }), 'Wrong ');
    const created = events.filter(({ type }) => type === 'response.created');
    expect(created).toHaveLength(2);
    expect(created[1]?.holdfast).toMatchObject({ restart: { attempt: 2, instead_of: { attempt: 1 } } });
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
  });
});

test('a gateway that is stopped ends its streams with an error, and the call goes on', async () => {
  const other = await openGateway({ model_list: group('held') }, { 'held-up': [{ sse: WORDS, hold: true }] });
  const { data, response } = await other
    .openai()
    .chat.completions.create(
      { model: 'held', messages: [{ role: 'user', content: 'Count.' }], stream: true },
      { headers: { 'Idempotency-Key': 'stopped' } },
    )
    .withResponse();
  let text = '';
  const closing: Promise<void>[] = [];
  const reading = (async () => {
    for await (const { choices } of data) {
      text += choices[0]?.delta.content ?? '';
      if (text === TEXT && closing.length === 0) closing.push(other.close());
    }
  })();
  const callId = response.headers.get('x-holdfast-workflow-id') ?? '';
  await expect(reading).rejects.toMatchObject({ error: { kind: 'ServiceUnavailableError', status: 503 } });
  await expect(reading).rejects.toThrow(`call ${callId} goes on`);
  await Promise.all(closing);
});
