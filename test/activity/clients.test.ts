import { randomUUID } from 'node:crypto';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { embed, generateText, streamText } from 'ai';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activityFetch, withFinalFailures } from '../../src/activity.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';

let gateway: TestGateway;
beforeAll(async () => {
  const models = [
    ...group('fast'),
    ...group('claude', [{ model: 'anthropic/claude-up' }]),
    ...group('broken', [{ model: 'anthropic/broken-up' }]),
    ...group('down'),
  ];
  const script = {
    'fast-up': [{ sse: ['A ', 'heron.'] }],
    'claude-up': [{ sse: ['A ', 'heron.'] }],
    'broken-up': '500',
    'down-up': '500',
  };
  gateway = await openGateway({ model_list: models, router_settings: { ...FAST, num_retries: 1 } }, script);
});
afterAll(() => gateway.close());

const prompt = 'Which bird?';
const messages = [{ role: 'user' as const, content: prompt }];

const settings = () => ({ baseURL: `${gateway.url}/v1`, apiKey: 'any', fetch: activityFetch });
const openAi = () => new OpenAI(settings());
const vercel = () => createOpenAI(settings());
const compatible = () => createOpenAICompatible({ name: 'holdfast', ...settings() });
const anthropic = () => new Anthropic({ ...settings(), baseURL: gateway.url });

async function streamed(model: string): Promise<string> {
  let text = '';
  const chunks = await openAi().chat.completions.create({ model, messages, stream: true });
  for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
  return text;
}

/** What an attempt of an activity gets, and how often the providers were asked. */
async function attempt(activityId: string, ask: () => PromiseLike<unknown>) {
  const before = gateway.provider.callCount();
  const answer = await new MockActivityEnvironment({ activityId, heartbeatTimeoutMs: 60_000 }).run(async () => ask());
  return { answer, asked: gateway.provider.callCount() - before };
}

test.each<[client: string, ask: () => PromiseLike<unknown>]>([
  ['OpenAI', async () => (await openAi().chat.completions.create({ model: 'fast', messages })).choices],
  ['OpenAI, streamed', () => streamed('fast')],
  ['OpenAI, embeddings', async () => (await openAi().embeddings.create({ model: 'fast', input: prompt })).data],
  ['Anthropic', async () => (await anthropic().messages.create({ model: 'claude', max_tokens: 9, messages })).content],
  ['Vercel AI SDK, responses', async () => (await generateText({ model: vercel()('fast'), prompt })).text],
  ['Vercel AI SDK, responses, streamed', () => streamText({ model: vercel()('fast'), prompt }).text],
  ['Vercel AI SDK, chat', async () => (await generateText({ model: compatible()('fast'), prompt })).text],
  ['Vercel AI SDK, chat, streamed', () => streamText({ model: compatible()('fast'), prompt }).text],
  [
    'Vercel AI SDK, embeddings',
    async () => (await embed({ model: compatible().embeddingModel('fast'), value: prompt })).embedding,
  ],
])('another attempt of an activity joins the call of the first: %s', async (_client, ask) => {
  const activityId = randomUUID();
  const first = await attempt(activityId, ask);
  expect(first).toEqual({ answer: expect.anything(), asked: 1 });
  expect(JSON.stringify(first.answer)).toMatch(/A heron\.|0\.\d/);
  expect(await attempt(activityId, ask)).toEqual({ answer: first.answer, asked: 0 });
});

test.each<[client: string, ask: () => PromiseLike<unknown>]>([
  ['OpenAI', () => openAi().chat.completions.create({ model: 'down', messages })],
  ['OpenAI, streamed', () => streamed('down')],
  ['Vercel AI SDK', () => generateText({ model: compatible()('down'), prompt, maxRetries: 0 })],
  ['Anthropic, streamed', () => anthropic().messages.stream({ model: 'broken', max_tokens: 9, messages }).finalText()],
])('a call that failed fails its activity for good, with its kind: %s', async (_client, ask) => {
  const { answer, asked } = await attempt(randomUUID(), async () =>
    withFinalFailures(ask).catch((error: unknown) => error),
  );
  expect(answer).toBeInstanceOf(ApplicationFailure);
  expect({ answer, asked }).toMatchObject({ answer: { type: 'InternalServerError', nonRetryable: true }, asked: 2 });
});
