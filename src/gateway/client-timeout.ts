import type { IncomingHttpHeaders } from 'node:http';

/** What a client that sends requests again by itself says of that. */
export interface ClientTimeout {
  /** Whether this is not the first time that it sends the request. */
  readonly isRetry: boolean;
  /** When its own time-out passes, on the clock of `performance`. */
  readonly passesMs: number;
}

/**
 * Where OpenAI's clients, and Anthropic's, tell their time-out, in seconds: for Node, where it was set for the request, and
 * for Python. One that tells none may have left at any time because of it.
 */
const TIMEOUT_HEADERS = ['x-stainless-timeout', 'x-stainless-read-timeout'] as const;

/** As these clients tell; null: the client says nothing, and is not known to send anything again. */
export function clientTimeoutOf(headers: IncomingHttpHeaders, nowMs: number): ClientTimeout | null {
  const retries = numberIn(headers['x-stainless-retry-count']);
  if (retries === null) return null;
  const seconds = TIMEOUT_HEADERS.map((name) => numberIn(headers[name])).find((value) => value !== null);
  return { isRetry: retries > 0, passesMs: nowMs + (seconds ?? 0) * 1000 };
}

function numberIn(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : null;
}
