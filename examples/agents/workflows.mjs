export { aiSdkAgent } from './ai-sdk-workflow.mjs';
export { openAiAgent } from './openai-agents-workflow.cjs';
