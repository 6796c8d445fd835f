export { deliverWebhook } from './deliver-webhook.js';
export { llmBatch } from './llm-batch.js';
export { llmCall } from './llm-call.js';
export { providerBoard } from './provider-board.js';
