import { proxyActivities } from '@temporalio/workflow';
import { llm, LlmCallError } from 'holdfast/workflow';

const activities = proxyActivities({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '10ms' },
});

/** Makes a call. Of one that failed it tells why. */
export async function ask(model, options) {
  try {
    const { response } = await llm.chat({ model, messages: [{ role: 'user', content: 'Name a bird.' }] }, options);
    return response.choices[0].message.content;
  } catch (error) {
    if (error instanceof LlmCallError) return error.kind;
    throw error;
  }
}

export async function agent(question) {
  return activities.runAgent(question);
}
