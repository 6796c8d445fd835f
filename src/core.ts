export { waitBeforeRetry, type Wait, type WaitInput } from './core/backoff.js';
export { classify, type Failure } from './core/classify.js';
export { classifyHttpError, type HttpError } from './core/classify-http-error.js';
export {
  decideAfterFailure,
  NO_FAILURES,
  type AfterFailure,
  type AfterFailureInput,
  type RetryState,
} from './core/decide-after-failure.js';
export {
  ERROR_KIND_NAMES,
  ERROR_KINDS,
  isErrorKind,
  type ErrorKind,
  type ErrorKindRow,
  type PolicyField,
} from './core/error-kinds.js';
export type { FailureCause, FailureFacts, Phase, ProviderError, Tokens } from './core/failure-facts.js';
export { fallbackGroupsFor, type Fallback, type FallbacksByGroup } from './core/fallback-groups-for.js';
export { retriesFor, type ErrorWithKind, type RetrySettings } from './core/retries-for.js';
export { retryAfterMs, type RetryAfterHeaders } from './core/retry-after.js';
export type { RetryPolicy } from './core/settings.js';
