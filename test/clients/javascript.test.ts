import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { APICallError, embedMany, generateText, streamText, type EmbeddingModel, type LanguageModel } from 'ai';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestGateway } from '../helpers/gateway.js';
import { BROKEN, openForClients, TEXT } from './scripted.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openForClients();
});
afterAll(() => gateway.close());

const PROMPT = 'Count to three';
const VALUES = ['one', 'two', 'three'];
const baseURL = () => `${gateway.url}/v1`;

/** As much of a client as a program needs. */
interface Client {
  ask(model: string): Promise<string>;
  stream(model: string, onText: (text: string) => void): Promise<void>;
  callTool(): Promise<unknown>;
  embed(): Promise<number>;
}

const messages = [{ role: 'user' as const, content: PROMPT }];

const openAi = (): Client => {
  const client = new OpenAI({ baseURL: baseURL(), apiKey: 'any' });
  return {
    ask: async (model) => (await client.chat.completions.create({ model, messages })).choices[0]?.message.content ?? '',
    stream: async (model, onText) => {
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) onText(chunk.choices[0]?.delta.content ?? '');
    },
    callTool: async () => {
      const { choices } = await client.chat.completions.create({ model: 'tools', messages });
      const call = choices[0]?.message.tool_calls?.[0];
      return call?.type === 'function' ? JSON.parse(call.function.arguments) : call;
    },
    embed: async () => (await client.embeddings.create({ model: 'embeddings', input: VALUES })).data.length,
  };
};

const vercel = (models: (name: string) => LanguageModel, embedding: (name: string) => EmbeddingModel): Client => ({
  ask: async (model) => (await generateText({ model: models(model), prompt: PROMPT, maxRetries: 0 })).text,
  stream: async (model, onText) => {
    let failure: unknown = null;
    const { textStream } = streamText({
      model: models(model),
      prompt: PROMPT,
      maxRetries: 0,
      onError: ({ error }) => void (failure = error),
    });
    for await (const text of textStream) onText(text);
    if (failure !== null) throw failure as Error;
  },
  callTool: async () => {
    const { toolCalls } = await generateText({ model: models('tools'), prompt: PROMPT, maxRetries: 0 });
    return toolCalls[0]?.input;
  },
  embed: async () =>
    (await embedMany({ model: embedding('embeddings'), values: VALUES, maxRetries: 0 })).embeddings.length,
});

const langchain = (): Client => {
  const options = { apiKey: 'any', configuration: { baseURL: baseURL() }, maxRetries: 0 };
  const chat = (model: string) => new ChatOpenAI({ model, ...options });
  return {
    ask: async (model) => (await chat(model).invoke(PROMPT)).text,
    stream: async (model, onText) => {
      for await (const chunk of await chat(model).stream(PROMPT)) onText(chunk.text);
    },
    callTool: async () => (await chat('tools').invoke(PROMPT)).tool_calls?.[0]?.args,
    embed: async () => (await new OpenAIEmbeddings({ model: 'embeddings', ...options }).embedDocuments(VALUES)).length,
  };
};

describe.each<[name: string, open: () => Client]>([
  ['OpenAI', openAi],
  [
    'Vercel AI SDK, openai',
    () => {
      const provider = createOpenAI({ baseURL: baseURL(), apiKey: 'any' });
      return vercel(
        (name) => provider.chat(name),
        (name) => provider.embedding(name),
      );
    },
  ],
  [
    'Vercel AI SDK, openai-compatible',
    () => {
      const provider = createOpenAICompatible({ name: 'holdfast', baseURL: baseURL(), apiKey: 'any' });
      return vercel(
        (name) => provider.chatModel(name),
        (name) => provider.embeddingModel(name),
      );
    },
  ],
  ['LangChain', langchain],
])('%s', (_name, open) => {
  const streamed = async (model: string) => {
    let text = '';
    const failure: unknown = await open()
      .stream(model, (piece) => (text += piece))
      .then(
        () => null,
        (error: unknown) => error,
      );
    return { text, failure };
  };

  test('text', async () => expect(await open().ask('text')).toBe(TEXT));

  test.each(['text', 'slow'])('a stream: %s', async (model) => {
    expect(await streamed(model)).toEqual({ text: TEXT, failure: null });
  });

  test('an error in a stream, by its own text', async () => {
    const { text, failure } = await streamed('broken');
    expect(text).toBe('one ');
    expect(JSON.stringify(failure, ['message', 'error', 'data']) + String(failure)).toContain(BROKEN);
  });

  test('tools', async () => expect(await open().callTool()).toEqual({ to: 3 }));

  test('embeddings', async () => expect(await open().embed()).toBe(VALUES.length));
});

test('Vercel AI SDK: embeddings that are larger than Temporal takes', async () => {
  const provider = createOpenAI({ baseURL: baseURL(), apiKey: 'any' });
  const { embeddings } = await embedMany({
    model: provider.embedding('embeddings'),
    values: Array.from({ length: 100 }, (_, index) => `text ${index}`),
    providerOptions: { openai: { dimensions: 3072 } },
    maxRetries: 0,
  });
  expect(embeddings.map(({ length }) => length)).toEqual(Array<number>(100).fill(3072));
});

describe('retries of the client around those of the call', () => {
  const requests = async (ask: () => Promise<unknown>) => {
    const before = gateway.provider.callCount('down-up');
    await expect(ask()).rejects.toThrow();
    return gateway.provider.callCount('down-up') - before;
  };

  test('OpenAI makes none: it is told', async () => {
    expect(await requests(() => openAi().ask('down'))).toBe(2);
  });

  test('the others make none when they are switched off', async () => {
    const provider = createOpenAI({ baseURL: baseURL(), apiKey: 'any' });
    expect(await requests(() => generateText({ model: provider.chat('down'), prompt: PROMPT, maxRetries: 0 }))).toBe(2);
    expect(await requests(() => langchain().ask('down'))).toBe(2);
  });

  test('an error that the Vercel AI SDK would retry says so', async () => {
    const provider = createOpenAI({ baseURL: baseURL(), apiKey: 'any' });
    const error: unknown = await generateText({ model: provider.chat('down'), prompt: PROMPT, maxRetries: 0 }).catch(
      (failure: unknown) => failure,
    );
    expect(APICallError.isInstance(error) && error.isRetryable).toBe(true);
  });
});
