import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { embed, generateText, streamText, type LanguageModel } from 'ai';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestGateway } from '../helpers/gateway.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { TIMED } from '../helpers/timed.js';
import { openForClients } from './scripted.js';

/** Clients with all that they do by themselves: nothing is switched off. */
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openForClients({ exhausted_call_status: 400 });
});
afterAll(() => gateway.close());

const PROMPT = 'Count to three';
const baseURL = () => `${gateway.url}/v1`;

/** How often the provider is asked while a client fails in its own way. */
async function requests(model: string, ask: (model: string) => Promise<unknown>): Promise<number> {
  const before = gateway.provider.callCount(`${model}-up`);
  await expect(ask(model)).rejects.toThrow();
  return gateway.provider.callCount(`${model}-up`) - before;
}

const openAi = () => new OpenAI({ baseURL: baseURL(), apiKey: 'any' });
const vercel = () => createOpenAI({ baseURL: baseURL(), apiKey: 'any' });
const compatible = () => createOpenAICompatible({ name: 'holdfast', baseURL: baseURL(), apiKey: 'any' });
const langchain = (model: string) => new ChatOpenAI({ model, apiKey: 'any', configuration: { baseURL: baseURL() } });
const messages = [{ role: 'user' as const, content: PROMPT }];

async function streamed(model: LanguageModel): Promise<void> {
  let failure: unknown = null;
  const { textStream } = streamText({ model, prompt: PROMPT, onError: ({ error }) => void (failure = error) });
  for await (const _text of textStream);
  if (failure !== null) throw failure as Error;
}

const WAYS: [client: string, ask: (model: string) => Promise<unknown>][] = [
  ['OpenAI', (model) => openAi().chat.completions.create({ model, messages })],
  ['OpenAI, streamed', (model) => openAi().chat.completions.create({ model, messages, stream: true })],
  ['Vercel AI SDK, openai', (model) => generateText({ model: vercel().chat(model), prompt: PROMPT })],
  ['Vercel AI SDK, openai, streamed', (model) => streamed(vercel().chat(model))],
  ['Vercel AI SDK, openai, embeddings', (model) => embed({ model: vercel().embedding(model), value: 'one' })],
  ['Vercel AI SDK, compatible', (model) => generateText({ model: compatible().chatModel(model), prompt: PROMPT })],
  ['Vercel AI SDK, compatible, streamed', (model) => streamed(compatible().chatModel(model))],
  ['LangChain', (model) => langchain(model).invoke(PROMPT)],
  ['LangChain, streamed', async (model) => (await langchain(model).stream(PROMPT)).next()],
  [
    'LangChain, embeddings',
    (model) =>
      new OpenAIEmbeddings({ model, apiKey: 'any', configuration: { baseURL: baseURL() } }).embedDocuments(['one']),
  ],
];

describe.each([
  [500, 'down'],
  [429, 'busy'],
])('exhausted_call_status: no client asks again, for a call that ended with %s', (_status, model) => {
  // A stream that has no error within a second begins, and its error has no status any more.
  test.each(WAYS)('%s', TIMED, async (_client, ask) => {
    expect(await requests(model, ask)).toBe(2);
  });
});

describe.skipIf(skipWithout('python-clients'))('LlamaIndex and LangChain for Python, the same', () => {
  test.each(['langchain', 'llama-index-retrying'])('%s', TIMED, async (name) => {
    const program = fileURLToPath(new URL('python_clients.py', import.meta.url));
    const count = () => ['down', 'busy'].map((model) => gateway.provider.callCount(`${model}-up`));
    const before = count();
    const { stdout } = await promisify(execFile)(locate('python-clients') ?? '', [
      program,
      gateway.url,
      name,
      'failures',
    ]);
    expect(JSON.parse(stdout)).toEqual({ down: [true, true], busy: [true, true] });
    // Asked plainly and as a stream, each a call of two attempts.
    expect(count().map((after, index) => after - (before[index] ?? 0))).toEqual([4, 4]);
  });
});
