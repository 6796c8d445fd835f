import { classify, type Failure } from '../errors/classify.js';
import type { FailureFacts, ProviderError } from '../errors/failure-facts.js';

/** What a provider answered instead of an answer. */
export interface HttpError {
  readonly status: number;
  /** The object under `error` of the body: `message`, `type`, `code`. @default {} */
  readonly error?: ProviderError | undefined;
  /** By their names in small letters; those of interest are `retry-after`, `retry-after-ms`, `date`, `x-should-retry`. @default {} */
  readonly headers?: FailureFacts['headers'] | undefined;
}

/**
 * Finds the error kind of an answer that is an error, with all that decisions need: the status decides first, then code
 * and type, and the text of the message only tells kinds of the same status apart. The message is redacted.
 */
export function classifyHttpError({ status, error = {}, headers = {} }: HttpError, nowMs: number): Failure {
  return classify({ cause: { type: 'http', status, error }, phase: 'reading the answer', headers }, nowMs);
}
