export type { BatchClient, BatchOptions } from './client/batch-client.js';
export type { BatchHandle } from './client/batch-handle.js';
export { CallHandle, type WaitOptions } from './client/call-handle.js';
export type { CallDescription, CallState, PendingGroup } from './client/describe-call.js';
export type { ForgottenCall } from './client/forget-call.js';
export {
  APIConnectionError,
  AttemptsLostError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  CallError,
  CancelledError,
  ConflictError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  GatewayTimeoutError,
  InternalServerError,
  InvalidResponseError,
  isCallError,
  JSONSchemaValidationError,
  NotFoundError,
  PaymentRequiredError,
  PermissionDeniedError,
  RateLimitError,
  RequestTooLargeError,
  ResponseTooLargeError,
  ServiceUnavailableError,
  Timeout,
  UnprocessableEntityError,
  UnsupportedParamsError,
} from './client/errors.js';
export type { CallOptions, StreamCallOptions } from './client/call-options.js';
export { HoldfastClient } from './client/holdfast-client.js';
export type { CallInspection } from './client/inspect-call.js';
export type { KeyInUse, KeysInUse, KeysInUseOptions } from './client/keys-in-use.js';
export type { Timing } from './client/timing.js';
export type { StuckCalls, StuckGroup } from './client/stuck-calls.js';
export type { CallFilter, CallPage, ListedCall, ListOptions, PageOptions } from './client/list-calls.js';
export type { BoardStatus, ProviderStatus } from './core/deployments/board-status.js';
export type { ListedWorker } from './client/list-workers.js';
export type { ListedBatch } from './client/listed-batch.js';
export type {
  CallRequest,
  CallResponse,
  CallSettings,
  ChatCompletionRequest,
  FallbackSetting,
  FallbackSettings,
  OperationTypes,
  RetryPolicySettings,
} from './client/request-types.js';
export type { BatchMode, BatchResult, BatchState, BatchStatus, ResumeOptions, RowCounts } from './core/batch/batch.js';
export type { CallReport, CallResult } from './core/call/call-types.js';
export type { StreamAttempt, StreamChunks, StreamedOperation, StreamEvent } from './client/stream-events.js';
export { uiAddress } from './client/ui-address.js';
export type { ErrorKind } from './core/errors/error-kinds.js';
export type { Operation } from './core/common/operations.js';
export type { Ledger, LedgerEntry, NextStep } from './core/ledger/ledger.js';
export { TemporalUnavailableError } from './temporal/errors.js';
export { EncryptionError } from './encryption/encryption-error.js';
export { ExternalStorageError, type ExternalStorageErrorCode } from './external-storage/external-storage-error.js';
export type { ExternalStorageOptions } from './external-storage/external-place.js';
export { keyRing, type EncryptionKey, type KeyRing } from './encryption/key-ring.js';
export type { TemporalOptions } from './temporal/settings.js';
