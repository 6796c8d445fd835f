// An agent of Vercel's AI SDK, as an activity. Its first attempt is lost when it has its answer.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { activityInfo } from '@temporalio/activity';
import { generateText, isStepCount, tool } from 'ai';
import { activityFetch, withFinalFailures } from 'holdfast/activity';
import { z } from 'zod';

const baseURL = process.env.GATEWAY;
const models = createOpenAICompatible({ name: 'holdfast', baseURL, apiKey: 'any', fetch: activityFetch });

const lookUp = tool({
  description: 'Where a bird lives',
  inputSchema: z.object({ bird: z.string() }),
  execute: async ({ bird }) => `The ${bird} lives at rivers.`,
});

export async function runAgent(prompt) {
  const how = { model: models('agent'), prompt, tools: { lookUp }, stopWhen: isStepCount(5), maxRetries: 0 };
  const { text } = await withFinalFailures(() => generateText(how));
  if (activityInfo().attempt === 1) throw new Error('lost');
  return text;
}
