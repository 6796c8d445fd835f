export { llm, type LlmCalls } from './workflow/llm.js';
export type { LlmActivitiesOptions, LlmChildWorkflowOptions, LlmOptions } from './workflow/llm-options.js';
export { LlmCallError } from './workflow/llm-call-error.js';
export type { CallRequest, CallResponse, CallSettings, OperationTypes } from './client/request-types.js';
export type { CallReport, CallResult } from './core/call/call-types.js';
export type { Operation } from './core/common/operations.js';
export type { ErrorKind } from './core/errors/error-kinds.js';
export type { Ledger, LedgerEntry } from './core/ledger/ledger.js';
