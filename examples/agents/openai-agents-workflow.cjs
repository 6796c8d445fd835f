// An agent of OpenAI's Agents SDK. Its model calls are activities of the plugin, its tool is an activity of the worker.
// CommonJS, as the plugin is: so there is one copy of the SDK in the bundle.
const { Agent, tool } = require('@openai/agents-core');
const { TemporalOpenAIRunner } = require('@temporalio/openai-agents/workflow');
const { proxyActivities } = require('@temporalio/workflow');
const { z } = require('zod');

const { lookUp } = proxyActivities({ startToCloseTimeout: '10s' });

exports.openAiAgent = async function openAiAgent(question) {
  const agent = new Agent({
    name: 'birds',
    model: 'smart',
    instructions: 'Answer shortly.',
    tools: [
      tool({
        name: 'lookUp',
        description: 'Where a bird lives',
        parameters: z.object({ bird: z.string() }),
        execute: ({ bird }) => lookUp(bird),
      }),
    ],
  });
  // A worker that was lost is missed after 5 s; a call may take 10 minutes and more.
  const runner = new TemporalOpenAIRunner({
    defaultModelParams: { startToCloseTimeout: '15m', heartbeatTimeout: '5s' },
  });
  const { finalOutput } = await runner.run(agent, question);
  return finalOutput;
};
