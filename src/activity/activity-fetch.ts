import { activityIdempotencyKey } from './activity-idempotency-key.js';

const HEADER = 'Idempotency-Key';

/**
 * `fetch` for the clients of other SDKs, with Holdfast's gateway as their base URL: what an activity asks for has an idempotency
 * key from the activity's identity and the body, so that another attempt of it joins the call of the first. The same body twice
 * in one activity is one call. Outside of activities, and where there is a key, it is the usual `fetch`.
 */
export const activityFetch: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  const key = typeof init?.body === 'string' && !headers.has(HEADER) ? keyInActivity(init.body) : null;
  if (key === null) return fetch(input, init);
  headers.set(HEADER, key);
  return fetch(input, { ...init, headers });
};

function keyInActivity(part: string): string | null {
  try {
    return activityIdempotencyKey(part);
  } catch {
    // The SDK has no other way to tell that this is no activity.
    return null;
  }
}
