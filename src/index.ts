export {
  HoldfastClient,
  CallHandle,
  CallError,
  isCallError,
  type CallOptions,
  type CallRequest,
  type CallResponse,
  type CallResult,
  type ChatCompletionRequest,
  type Operation,
} from './client.js';
export type {
  CallEvent,
  Callbacks,
  EventError,
  FailureEvent,
  FallbackEvent,
  SuccessEvent,
} from './callbacks/events.js';
export { ConfigError } from './config/index.js';
export { loadConfig, type LoadedConfig } from './config/index.js';
export { startWorker, type RunningWorker, type WorkerOptions } from './worker.js';
