export { llmCall } from './llm-call.js';
