import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService } from '../../src/cli/start-service.js';
import { eventNames } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { startApart } from '../helpers/start-apart.js';

const WORDS = ['One ', 'two ', 'three ', 'four ', 'five.'];
const TEXT = WORDS.join('');
const STREAMS = 50;

const config = {
  model_list: ['good', 'flaky'].flatMap((name) => group(name)),
  router_settings: { ...FAST, num_retries: 3 },
};
const script = {
  'good-up': [{ sse: WORDS, drip: [5, 0.1] as [number, number] }],
  'flaky-up': [{ status: 500 }, { sse: WORDS, drip: [5, 0.1] as [number, number] }],
};

let gateway: TestGateway;

async function stream(model: string, stream = true) {
  const response = await gateway.fetch('/v1/chat/completions', {
    json: { model, stream, messages: [{ role: 'user', content: 'Count.' }] },
  });
  const callId = response.headers.get('x-holdfast-workflow-id') ?? '';
  if (!stream) return { callId, text: '', content: '', pieces: 0 };
  const { text, events } = await readEvents(response);
  const contents = events
    .filter(({ data }) => data !== '[DONE]')
    .map(
      ({ data }) =>
        (JSON.parse(data) as { choices?: { delta: { content?: string } }[] }).choices?.[0]?.delta.content ?? '',
    );
  return { callId, text, content: contents.join(''), pieces: contents.filter((piece) => piece !== '').length };
}

const startedSignals = (names: readonly string[]) =>
  names.filter((name) => name === 'WorkflowExecutionSignaled').length;

describe.each([
  ['in one process', startService],
  ['apart', startApart],
])('gateway and worker %s', (way, start) => {
  beforeAll(async () => {
    gateway = await openGateway(config, script, {}, start);
  });
  afterAll(() => gateway.close());

  test(`${STREAMS} streams at once, some of which are retried: each is whole, and ends well`, async () => {
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, (_value, index) => stream(index % 10 === 0 ? 'flaky' : 'good')),
    );
    expect(streams.map(({ content }) => content)).toEqual(streams.map(() => TEXT));
    expect(streams.every(({ text }) => text.endsWith('data: [DONE]\n\n'))).toBe(true);
    // As they came. Apart, the end of one may be overtaken by its answer.
    const asTheyCame = streams.filter(({ pieces }) => pieces === WORDS.length).length;
    expect(asTheyCame).toBeGreaterThanOrEqual(way === 'in one process' ? STREAMS : 1);
    const metrics = await (await gateway.fetch('/metrics')).text();
    expect(metrics).toMatch(/holdfast_time_to_first_token_seconds_count\{group="good"\} 45/);
  });

  test('the history of a call that is not streamed has nothing of streams; of one that is, only apart', async () => {
    const plain = await eventNames((await stream('good', false)).callId);
    const streamed = await eventNames((await stream('good')).callId);
    expect(startedSignals(plain)).toBe(0);
    if (way === 'in one process') expect(streamed).toEqual(plain);
    else expect(startedSignals(streamed)).toBeGreaterThan(0);
  });
});
