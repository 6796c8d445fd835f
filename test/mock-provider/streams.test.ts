import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/mock-provider/index.js';
import { chat, eventsOf, providerStarter, readBroken } from './helpers.js';

const start = providerStarter();

interface Chunk {
  object: string;
  choices: { delta: { content?: string }; finish_reason: string | null }[];
  usage?: { total_tokens: number } | null;
}

test('a stream is chunks, a finish reason and [DONE]', async () => {
  const provider = await start({ script: { a: [{ content: 'one two three' }] } });
  const { headers, text } = await chat(provider, 'a', 'hi', { stream: true });
  const events = eventsOf(text);
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event) as Chunk);
  expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(events.at(-1)).toBe('[DONE]');
  expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && !('usage' in chunk))).toBe(true);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content)).toEqual(['', 'one ', 'two ', 'three', undefined]);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
});

test('a usage chunk comes last when it was asked for', async () => {
  const provider = await start();
  const { text } = await chat(provider, 'ok', 'hi', { stream: true, stream_options: { include_usage: true } });
  const chunks = eventsOf(text)
    .slice(0, -1)
    .map((event) => JSON.parse(event) as Chunk);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) as number } });
  expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
});

test.each(['  leading', 'two  spaces\n\nlines', 'y'.repeat(5000), '😀'.repeat(1500)])(
  'the pieces of a stream are the whole text',
  async (content) => {
    const provider = await start({ script: { a: [{ content }] } });
    const { text } = await chat(provider, 'a', 'hi', { stream: true });
    expect(contentOf(text)).toBe(content);
  },
);

test('a stream that is held goes on when the provider is told so', async () => {
  const provider = await start({ script: { a: [{ sse: ['Hel', 'lo'], hold: true }] } });
  const response = await openStream(provider.url, 'a');
  const reader = response.body!.getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  expect(contentOf(first)).toBe('Hello');
  provider.release();
  const rest = new TextDecoder().decode((await reader.read()).value);
  expect(eventsOf(rest).at(-1)).toBe('[DONE]');
  expect((await reader.read()).done).toBe(true);
});

describe('a scripted stream ends', () => {
  const cases: [what: string, step: Step, content: string, lastEvent: unknown, isBroken: boolean][] = [
    ['well by default', { sse: ['Hel', 'lo'] }, 'Hello', '[DONE]', false],
    ['well without content', { sse: [] }, '', '[DONE]', false],
    ['by a reset after content', { sse: ['Hel', 'lo'], then: 'reset' }, 'Hello', delta('lo'), true],
    ['by an error before content', { sse: [], then: 'error' }, '', inStream(null), false],
    ['by an error after content', { sse: ['He'], then: 'error' }, 'He', inStream(null), false],
    ['by a named error', { sse: [], then: 'error', error: 'quota' }, '', inStream('insufficient_quota'), false],
    ['by an error of its own', { sse: [], then: 'error', error: { code: 'x' } }, '', inStream('x'), false],
    ['without a finish reason and [DONE]', { sse: ['He'], then: 'end' }, 'He', delta('He'), false],
    ['in pieces', { sse: ['He'], drip: [3, 0.001] }, 'He', '[DONE]', false],
  ];
  test.each(cases)('%s', async (_, step, content, lastEvent, isBroken) => {
    const provider = await start({ script: { a: [step] } });
    const response = await openStream(provider.url, 'a');
    const read = await readBroken(response);
    expect(read.isBroken).toBe(isBroken);
    expect(contentOf(read.text)).toBe(content);
    const last = eventsOf(read.text).at(-1) ?? '';
    expect(last === '[DONE]' ? last : JSON.parse(last)).toEqual(lastEvent);
  });
});

test('a malformed event stands between good ones', async () => {
  const { text } = await chat(await start(), 'stream-malformed', 'hi', { stream: true });
  const broken = eventsOf(text).filter((event) => event !== '[DONE]' && !isJson(event));
  expect(broken).toHaveLength(1);
  expect(eventsOf(text).at(-1)).toBe('[DONE]');
});

test('a stream that hangs has sent its content, and stays open', async () => {
  const provider = await start({ script: { a: [{ sse: ['He'], then: 'hang' }] } });
  const response = await openStream(provider.url, 'a');
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  expect(contentOf(new TextDecoder().decode(value))).toBe('He');
  expect(provider.requests[0]).toMatchObject({ status: 200 });
  expect(provider.requests[0]).not.toHaveProperty('finishedAt');
  await reader.cancel();
});

test('a failing status is JSON for a stream too', async () => {
  const { status, json } = await chat(await start(), '429', 'hi', { stream: true });
  expect(status).toBe(429);
  expect(json).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
});

function openStream(url: string, model: string): Promise<Response> {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
}

function contentOf(text: string): string {
  return eventsOf(text)
    .filter((event) => isJson(event))
    .map((event) => (JSON.parse(event) as Partial<Chunk>).choices?.[0]?.delta.content ?? '')
    .join('');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function delta(content: string): unknown {
  return expect.objectContaining({ choices: [expect.objectContaining({ delta: { content } })] });
}

function inStream(code: string | null): unknown {
  return { error: expect.objectContaining({ code }) as unknown };
}
