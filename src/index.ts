export {
  HoldfastClient,
  CallHandle,
  CallError,
  isCallError,
  type CallOptions,
  type CallResult,
  type ChatCompletionRequest,
} from './client.js';
export { ConfigError } from './config/index.js';
export { loadConfig, type LoadedConfig } from './config/index.js';
export { startWorker, type RunningWorker, type WorkerOptions } from './worker.js';
