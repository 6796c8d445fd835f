// Temporal's plugins for the two SDKs, with Holdfast's gateway as their provider.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { OpenAIProvider } from '@openai/agents-openai';
import { AiSdkPlugin } from '@temporalio/ai-sdk';
import { OpenAIAgentsPlugin } from '@temporalio/openai-agents';
import { wrapProvider } from 'ai';
import { activityFetch, withFinalFailures } from 'holdfast/activity';
import OpenAI from 'openai';

/** `activityFetch`: a model call that is made again, because its worker was lost, joins the one that goes on. */
const gateway = {
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:4000/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'any',
  fetch: activityFetch,
};

export const aiSdk = new AiSdkPlugin({
  modelProvider: wrapProvider({
    provider: createOpenAICompatible({ name: 'holdfast', ...gateway }),
    // A call that failed has made its retries: Temporal shall not make it again.
    languageModelMiddleware: {
      specificationVersion: 'v4',
      wrapGenerate: ({ doGenerate }) => withFinalFailures(doGenerate),
      wrapStream: ({ doStream }) => withFinalFailures(doStream),
    },
  }),
});

// This plugin knows by itself what not to make again.
export const openAiAgents = new OpenAIAgentsPlugin({
  modelProvider: new OpenAIProvider({ openAIClient: new OpenAI(gateway) }),
});
