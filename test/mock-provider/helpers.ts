import { afterEach } from 'vitest';
import { startMockProvider, type MockProvider, type MockProviderOptions } from '../../src/mock-provider/index.js';

/** Starts providers that end with the test. */
export function providerStarter(): (options?: MockProviderOptions) => Promise<MockProvider> {
  const started: MockProvider[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((provider) => provider.close()));
  });
  return async (options) => {
    const provider = await startMockProvider(options);
    started.push(provider);
    return provider;
  };
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON, or undefined. */
  json: unknown;
}

interface PostInit {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export async function post(url: string, body: unknown, init: PostInit = {}): Promise<Answered> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

export function chat(provider: MockProvider, model: string, prompt = 'hi', more: object = {}): Promise<Answered> {
  return post(`${provider.url}/v1/chat/completions`, {
    model,
    messages: [{ role: 'user', content: prompt }],
    ...more,
  });
}

/** Reads a response to where it breaks off. */
export async function readBroken(response: Response): Promise<{ text: string; isBroken: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body!) text += decoder.decode(chunk as Uint8Array, { stream: true });
    return { text, isBroken: false };
  } catch {
    return { text, isBroken: true };
  }
}

/** The `data:` of each event of a stream. */
export function eventsOf(text: string): string[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1]!);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
