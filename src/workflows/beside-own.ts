import * as own from './own-workflows.js';

/** The workflows of a worker that has others beside Holdfast's: all in one bundle. */
export * from './own-workflows.js';
export { deliverWebhook, llmBatch, llmCall, providerBoard } from './index.js';

/** Theirs for types that nobody registered, where there is one. */
export default Reflect.get(own, 'default');
