import { ApplicationFailure } from '@temporalio/common';
import { isCallError } from '../client/errors.js';

/** As much of an error as clients tell of an answer: OpenAI's and Anthropic's, Vercel's AI SDK. */
interface AnsweredError extends Error {
  readonly headers?: unknown;
  readonly error?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: unknown;
}

/**
 * Makes a model call in an activity. A call that failed has made its retries: its error fails the activity for good, with the
 * error kind as the type of the failure. Other errors, as of a gateway that cannot be reached, leave the activity to its retry policy.
 */
export async function withFinalFailures<T>(ask: () => PromiseLike<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error) || !isFinal(error)) throw error;
    const { message, name } = error;
    throw ApplicationFailure.create({ type: kindOf(error) ?? name, message, nonRetryable: true, cause: error });
  }
}

/** The gateway says of each error whether the same request may be sent again. */
function isFinal(error: AnsweredError): boolean {
  if (isCallError(error)) return true;
  const headers = error.headers instanceof Headers ? error.headers : new Headers(error.responseHeaders);
  return headers.get('x-should-retry') === 'false';
}

function kindOf(error: AnsweredError): string | null {
  if (isCallError(error)) return error.kind;
  return kindIn(error.error) ?? kindIn(parsed(error.responseBody));
}

/** OpenAI's client unpacks `error`, others leave the body as it is. */
function kindIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  if ('kind' in body && typeof body.kind === 'string') return body.kind;
  return 'error' in body ? kindIn(body.error) : null;
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
