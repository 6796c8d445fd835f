// Runs agents of OpenAI's Agents SDK against a gateway, and prints what they said as JSON.
import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents';
import { z } from 'zod';

const [url, api] = process.argv.slice(2);
const modelProvider = new OpenAIProvider({ baseURL: `${url}/v1`, apiKey: 'any', useResponses: api === 'responses' });
const runner = new Runner({ modelProvider, tracingDisabled: true });

const lookUp = tool({
  name: 'lookUp',
  description: 'Where a bird lives',
  parameters: z.object({ bird: z.string() }),
  execute: ({ bird }) => `The ${bird} lives at rivers.`,
});

const agent = (model, rest) => new Agent({ name: 'birds', instructions: 'Answer shortly.', model, ...rest });
const plain = await runner.run(agent(`${api}-plain`, { tools: [lookUp] }), 'Where?');
const streamed = await runner.run(agent(`${api}-streamed`, { tools: [lookUp] }), 'Where?', { stream: true });
let text = '';
for await (const piece of streamed.toTextStream()) text += piece;
const outputType = z.object({ bird: z.string() });
const structured = await runner.run(agent('structured', { outputType }), 'Which?');

console.log(JSON.stringify({ plain: plain.finalOutput, streamed: text, structured: structured.finalOutput }));
