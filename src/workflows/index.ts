export { llmBatch } from './llm-batch.js';
export { llmCall } from './llm-call.js';
