// An agent: a model that may look things up, until it has an answer.
import { proxyActivities } from '@temporalio/workflow';
import { llm } from 'holdfast/workflow';

const { lookUp } = proxyActivities({ startToCloseTimeout: '10s' });

const tools = [
  {
    type: 'function',
    function: {
      name: 'lookUp',
      description: 'Where a bird lives',
      parameters: { type: 'object', properties: { bird: { type: 'string' } }, required: ['bird'] },
    },
  },
];

export async function agent(question) {
  const messages = [{ role: 'user', content: question }];
  for (;;) {
    const { response } = await llm.chat({ model: 'fast', messages, tools, timeout: 600 });
    const { message } = response.choices[0];
    messages.push(message);
    if (!message.tool_calls) return message.content;
    for (const { id, function: asked } of message.tool_calls) {
      const content = await lookUp(JSON.parse(asked.arguments).bird);
      messages.push({ role: 'tool', tool_call_id: id, content });
    }
  }
}
