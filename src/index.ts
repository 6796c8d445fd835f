export {
  HoldfastClient,
  CallHandle,
  CallError,
  isCallError,
  type CallOptions,
  type CallResult,
  type ChatCompletionRequest,
} from './client.js';
export { ConfigError } from './config/config-error.js';
export { loadConfig, type LoadedConfig } from './config/load.js';
export { startWorker, type RunningWorker, type WorkerOptions } from './worker.js';
