// An agent of Vercel's AI SDK. Its model calls are activities of the plugin, its tool is an activity of the worker.
import { TemporalProvider } from '@temporalio/ai-sdk/workflow';
import { proxyActivities } from '@temporalio/workflow';
import { generateText, isStepCount, tool } from 'ai';
import { z } from 'zod';

const { lookUp } = proxyActivities({ startToCloseTimeout: '10s' });

// A worker that was lost is missed after 5 s; a call may take 10 minutes and more.
const models = new TemporalProvider({ default: { startToCloseTimeout: '15m', heartbeatTimeout: '5s' } });

export async function aiSdkAgent(question) {
  const { text } = await generateText({
    model: models.languageModel('fast'),
    prompt: question,
    tools: {
      lookUp: tool({
        description: 'Where a bird lives',
        inputSchema: z.object({ bird: z.string() }),
        execute: ({ bird }) => lookUp(bird),
      }),
    },
    stopWhen: isStepCount(10),
  });
  return text;
}
