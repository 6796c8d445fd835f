import { ApplicationFailure } from '@temporalio/common';
import { isCallError } from '../client/errors.js';
import { fieldsOf } from '../core/common/fields.js';

const SHOULD_RETRY = 'x-should-retry';

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

/** The gateway says of each error whether the same request may be sent again: in a header, or in the event that ends a stream. */
function isFinal(error: Error): boolean {
  if (isCallError(error)) return true;
  const { headers, responseHeaders } = fieldsOf(error);
  const header = headers instanceof Headers ? headers.get(SHOULD_RETRY) : fieldsOf(responseHeaders)[SHOULD_RETRY];
  return (header ?? fieldsOf(bodyOf(error)['holdfast'])[SHOULD_RETRY]) === 'false';
}

function kindOf(error: Error): string | null {
  const { kind } = isCallError(error) ? error : bodyOf(error);
  return typeof kind === 'string' ? kind : null;
}

/** What was said of the error: OpenAI's client has unpacked it, Anthropic's has the whole body, Vercel's AI SDK its text. */
function bodyOf(error: Error): Readonly<Record<string, unknown>> {
  const { error: body, responseBody } = fieldsOf(error);
  const whole = fieldsOf(body ?? parsed(responseBody));
  return 'error' in whole ? fieldsOf(whole['error']) : whole;
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
