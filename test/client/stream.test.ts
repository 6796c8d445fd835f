import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { StreamCallOptions, StreamedOperation, StreamEvent } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import type { Script } from '../../src/mock-provider/index.js';
import { fakeHoldfast } from '../../src/testing.js';
import { startWorker } from '../../src/worker.js';
import { FAST, configText, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('flaky'),
    ...group('cut'),
    ...group('down'),
    ...group('claude', [{ model: 'anthropic/claude-up' }]),
  ],
  router_settings: { ...FAST, num_retries: 1 },
};

const SCRIPT: Script = {
  'good-up': [{ sse: ['Hel', 'lo'] }],
  'flaky-up': [{ status: 503 }, { sse: ['Hello'] }],
  // What was read is not taken back: it is held until the first content has come.
  'cut-up': [{ sse: ['Hel'], then: 'reset', hold: true }, { sse: ['Goodbye'] }],
  'down-up': '503',
  'claude-up': [{ sse: ['Hel', 'lo'] }],
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT);
});
afterAll(() => holdfast.close());

const messages = [{ role: 'user' as const, content: 'Which bird is this?' }];

/** What a stream told, and the text of its chunks. */
async function read<Op extends StreamedOperation>(
  stream: AsyncIterable<StreamEvent<Op>>,
  textOf: (chunk: unknown) => string,
) {
  const told: string[] = [];
  let text = '';
  let end: StreamEvent<Op> | null = null;
  for await (const event of stream) {
    if (told.at(-1) !== event.type) told.push(event.type);
    if (event.type === 'chunk') text += textOf(event.chunk);
    if (event.type === 'attempt' && event.insteadOf !== null) text = '';
    if (event.type === 'end') end = event;
  }
  return { told, text, end };
}

interface Chunk {
  readonly choices?: readonly { readonly delta: { readonly content?: string | null } }[];
  readonly delta?: { readonly text?: string };
}
const textOf = (chunk: unknown): string => {
  const { choices, delta } = chunk as Chunk;
  return choices?.[0]?.delta.content ?? delta?.text ?? '';
};

const chat = (model: string, options: StreamCallOptions = {}) =>
  read(holdfast.client.stream({ model, messages }, options), textOf);

test('a stream tells of the attempt, its chunks, and the whole answer', async () => {
  const { told, text, end } = await chat('good');
  expect(told).toEqual(['attempt', 'chunk', 'end']);
  expect(text).toBe('Hello');
  expect(end).toMatchObject({
    callId: expect.stringMatching(/^call-/),
    response: { choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] },
    report: { group: 'good', attempts: 1 },
  });
});

test('what fails before the first chunk is retried, and not seen', async () => {
  expect(await chat('flaky')).toMatchObject({ text: 'Hello', end: { report: { retries: 1 } } });
});

test('messages come in the events of their API', async () => {
  const request = { model: 'claude', max_tokens: 9, messages };
  const { text, end } = await read(holdfast.client.stream(request, { operation: 'messages' }), textOf);
  expect(text).toBe('Hello');
  expect(end).toMatchObject({ response: { content: [{ type: 'text', text: 'Hello' }] } });
});

test('who joins by the key gets the chunks of the whole answer', async () => {
  const key = { idempotencyKey: `stream-${randomUUID()}` };
  const before = holdfast.provider.callCount('good-up');
  const first = await chat('good', key);
  const second = await chat('good', key);
  expect(second).toEqual(first);
  expect(holdfast.provider.callCount('good-up')).toBe(before + 1);
});

test.each<{ what: string; restart: boolean }>([
  { what: 'fails', restart: false },
  { what: 'begins again, where the reader takes that,', restart: true },
])('an answer that breaks after its first chunk $what', async ({ restart }) => {
  holdfast.provider.setScript(SCRIPT);
  const events: StreamEvent[] = [];
  const reading = (async () => {
    for await (const event of holdfast.client.stream({ model: 'cut', messages }, { restart })) {
      events.push(event);
      if (event.type === 'chunk' && textOf(event.chunk) === 'Hel') holdfast.provider.release();
    }
  })();
  if (restart) {
    await reading;
    expect(events.filter(({ type }) => type === 'attempt')).toMatchObject([
      { group: 'cut', attempt: 1, insteadOf: null },
      { group: 'cut', attempt: 2, insteadOf: { group: 'cut', attempt: 1 } },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'end', response: { choices: [{ message: { content: 'Goodbye' } }] } });
  } else {
    await expect(reading).rejects.toMatchObject({ kind: 'APIConnectionError', report: { attempts: 1 } });
    expect(events.map(({ type }) => type)).toContain('chunk');
  }
});

test('a call that fails is the error that it is without a stream', async () => {
  await expect(chat('down')).rejects.toMatchObject({ kind: 'ServiceUnavailableError', report: { attempts: 2 } });
});

test('whoever stops reading leaves the call as it is', async () => {
  for await (const event of holdfast.client.stream({ model: 'good', messages })) {
    if (event.type !== 'attempt') continue;
    expect(await holdfast.client.handle(event.callId).result()).toMatchObject({ report: { attempts: 1 } });
    break;
  }
});

test('a client in the process of a worker reads along', async () => {
  const config = parseConfig(configText(CONFIG, holdfast.provider.url), { source: 'test', env: {} });
  const worker = await startWorker({
    config,
    address: inject('temporalAddress'),
    taskQueue: `test-${randomUUID()}`,
    drainSeconds: 0,
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  const client = await worker.client();
  const before = holdfast.provider.callCount('good-up');
  const { told, text } = await read(client.stream({ model: 'good', messages }), textOf);
  expect(told).toEqual(['attempt', 'chunk', 'end']);
  expect(text).toBe('Hello');
  // A part sent to the workflow would have spoilt its first task, and the attempt in it.
  expect(holdfast.provider.callCount('good-up')).toBe(before + 1);
  worker.stop();
  await worker.stopped;
});

test('the fake client streams, too', async () => {
  const { client } = fakeHoldfast({ fast: 'A kingfisher.', down: { error: 'RateLimitError' } });
  const { told, text } = await read(client.stream({ model: 'fast', messages }), textOf);
  expect(told).toEqual(['attempt', 'chunk', 'end']);
  expect(text).toBe('A kingfisher.');
  await expect(read(client.stream({ model: 'down', messages }), textOf)).rejects.toMatchObject({ status: 429 });
});
