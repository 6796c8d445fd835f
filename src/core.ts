export { waitBeforeRetry, type Wait, type WaitInput } from './core/retries/backoff.js';
export { classify, type Failure } from './core/errors/classify.js';
export { classifyHttpError, type HttpError } from './core/functions/classify-http-error.js';
export {
  decideAfterFailure,
  NO_FAILURES,
  type AfterFailure,
  type AfterFailureInput,
  type RetryState,
} from './core/functions/decide-after-failure.js';
export {
  ERROR_KIND_NAMES,
  ERROR_KINDS,
  isErrorKind,
  type ErrorKind,
  type ErrorKindRow,
  type PolicyField,
} from './core/errors/error-kinds.js';
export type { FailureCause, FailureFacts, Phase, ProviderError, Tokens } from './core/errors/failure-facts.js';
export { fallbackGroupsFor, type Fallback, type FallbacksByGroup } from './core/functions/fallback-groups-for.js';
export { retriesFor, type ErrorWithKind, type RetrySettings } from './core/functions/retries-for.js';
export { retryAfterMs, type RetryAfterHeaders } from './core/errors/retry-after.js';
export type { RetryPolicy } from './core/plan/settings.js';
