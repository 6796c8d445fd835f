import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { startHeartbeats } from '../activities/heartbeat.js';
import { systemClock } from '../clock.js';
import { connectionFailure } from '../providers/connection-failure.js';
import { activityIdempotencyKey } from './activity-idempotency-key.js';

const HEADER = 'Idempotency-Key';

/**
 * `fetch` for the clients of other SDKs, with Holdfast's gateway as their base URL. What an activity asks for
 * - has an idempotency key from the activity's identity and the body, so that another attempt of it joins the call of the first.
 *   The same body twice in one activity is one call;
 * - heartbeats, without details, while it is waited for, where the activity has a heartbeat timeout;
 * - ends when the activity is cancelled, its time is over, or its worker stops. The call goes on;
 * - is answered with 503 where the gateway was not reached, or the worker stops: every client leaves that to the activity's retry policy.
 *
 * A key or a signal that is given counts. Outside of activities it is the usual `fetch`.
 */
export const activityFetch: typeof fetch = async (input, init) => {
  const context = currentContext();
  if (context === null) return fetch(input, init);
  const given = input instanceof Request ? input : null;
  const headers = new Headers(init?.headers ?? given?.headers);
  if (typeof init?.body === 'string' && !headers.has(HEADER)) headers.set(HEADER, activityIdempotencyKey(init.body));
  const own = init?.signal ?? given?.signal;
  const ended = endOf(context);
  const signal = own ? AbortSignal.any([own, ended]) : ended;
  try {
    const response = await beating(context, fetch(input, { ...init, headers, signal }));
    return response.body === null ? response : new Response(beatingBody(context, response.body), response);
  } catch (error) {
    if (own?.aborted === true || error instanceof CancelledFailure) throw error;
    return notReached(error);
  }
};

function currentContext(): Context | null {
  try {
    return Context.current();
  } catch {
    // The SDK has no other way to tell that this is no activity.
    return null;
  }
}

/** Fires when the attempt is over. Only where somebody cancelled the activity is that a cancellation: else it is made again. */
function endOf(context: Context): AbortSignal {
  const { cancellationSignal } = context;
  const end = new AbortController();
  const stop = () => {
    const isCancelled = context.cancellationDetails?.cancelRequested === true;
    end.abort(isCancelled ? cancellationSignal.reason : new Error('the attempt of the activity was stopped'));
  };
  if (cancellationSignal.aborted) stop();
  else cancellationSignal.addEventListener('abort', stop, { once: true });
  return end.signal;
}

/** Clients tell of a connection that failed in ways of their own, and some of their callers take that for final. */
function notReached(error: unknown): Response {
  const { cause } = connectionFailure(error, 'connecting', []);
  const described = { message: `no answer of the gateway: ${cause.message}`, type: 'server_error' };
  return Response.json(
    { error: { ...described, param: null, code: null } },
    { status: 503, headers: { 'x-should-retry': 'true' } },
  );
}

async function beating<T>(context: Context, wait: Promise<T>): Promise<T> {
  const stop = startHeartbeats(systemClock, context, () => undefined);
  try {
    return await wait;
  } finally {
    stop();
  }
}

/** It is read no sooner than somebody waits for it: who reads no more leaves no heartbeats behind. */
function beatingBody(context: Context, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await beating(context, reader.read());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
