import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, isStepCount, Output, streamText, tool, type LanguageModel } from 'ai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { STREAMED_TOOL_CALLS, TOOL_CALLS } from '../helpers/tool-calls.js';

const APIS = ['chat', 'responses'] as const;
type Api = (typeof APIS)[number];

/** What the agents ask for is the name of what comes back. */
const MODELS = [...APIS.flatMap((api) => [`${api}-plain`, `${api}-streamed`]), 'structured'];
const CALL = { id: 'call_1', name: 'lookUp', arguments: '{"bird":"heron"}' };
const ANSWER = { sse: ['At ', 'rivers.'] };
const SCRIPT = {
  ...Object.fromEntries(
    APIS.flatMap((api) => [
      [`${api}-plain-up`, [TOOL_CALLS[api](CALL), ANSWER]],
      [`${api}-streamed-up`, [STREAMED_TOOL_CALLS[api](CALL), ANSWER]],
    ]),
  ),
  'structured-up': [{ content: '{"bird":"heron"}' }],
};

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await openGateway({ model_list: MODELS.flatMap((name) => group(name)), router_settings: FAST }, SCRIPT);
});
afterEach(() => gateway.close());

const RIGHT = { plain: 'At rivers.', streamed: 'At rivers.', structured: { bird: 'heron' } };

/** Each answer was made of what the tool said, and asked for once. */
function expectAskedOnce(api: Api): void {
  const { provider } = gateway;
  expect(MODELS.map((model) => [model, provider.callCount(`${model}-up`)])).toEqual(
    MODELS.map((model) => [model, model === 'structured' ? 1 : model.startsWith(api) ? 2 : 0]),
  );
  const told = provider.requests.filter(({ body }) => JSON.stringify(body).includes('The heron lives at rivers.'));
  expect(told).toHaveLength(2);
}

const lookUp = tool({
  inputSchema: z.object({ bird: z.string() }),
  execute: ({ bird }) => `The ${bird} lives at rivers.`,
});

test.each<[api: Api, models: (url: string) => (name: string) => LanguageModel]>([
  ['responses', (baseURL) => createOpenAI({ baseURL, apiKey: 'any' })],
  [
    'chat',
    (baseURL) => createOpenAICompatible({ name: 'holdfast', baseURL, apiKey: 'any', supportsStructuredOutputs: true }),
  ],
])('agents of the Vercel AI SDK, %s: tools, streams, structured output', async (api, open) => {
  const model = open(`${gateway.url}/v1`);
  const agent = { prompt: 'Where?', tools: { lookUp }, stopWhen: isStepCount(5), maxRetries: 0 };
  const plain = await generateText({ model: model(`${api}-plain`), ...agent });
  const streamed = streamText({ model: model(`${api}-streamed`), ...agent });
  let text = '';
  for await (const piece of streamed.textStream) text += piece;
  const output = Output.object({ schema: z.object({ bird: z.string() }) });
  const structured = await generateText({ model: model('structured'), prompt: 'Which?', output, maxRetries: 0 });
  expect({ plain: plain.text, streamed: text, structured: structured.output }).toEqual(RIGHT);
  expectAskedOnce(api);
});

const PROGRAM = fileURLToPath(new URL('agents-sdk.mjs', import.meta.url));

test.each(APIS)('agents of the OpenAI Agents SDK, %s: tools, streams, structured output', async (api) => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, gateway.url, api]);
  expect(JSON.parse(stdout)).toEqual(RIGHT);
  expectAskedOnce(api);
});
