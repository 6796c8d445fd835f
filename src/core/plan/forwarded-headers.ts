/** What LiteLLM hands on under `forward_client_headers_to_llm_api: true` (1.106, read 2026-11). A `*` stands for any end. */
export const FORWARDED_BY_DEFAULT: readonly string[] = ['x-*', 'anthropic-beta'];

/**
 * Never handed on, whatever the config says: a request is kept in history, which must hold no key; addresses and cookies of
 * the caller are nobody's business; and what belongs to one connection, or to one request at this gateway, means another
 * thing at the next.
 */
const NEVER: readonly RegExp[] = [
  /auth|cookie|api-?key|token|secret|password/,
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept-encoding|idempotency-key)$/,
  /^content-/,
  /^proxy-/,
  /^x-(?:stainless|litellm|holdfast|forwarded|real-ip|request-id|should-retry)\b/,
];

/** Whether a header of the caller may reach a provider at all. */
export function mayBeForwarded(name: string): boolean {
  return !NEVER.some((pattern) => pattern.test(name.toLowerCase()));
}

/** The headers of a caller that go to the provider; undefined: none. */
export function forwardedHeaders(
  headers: Readonly<Record<string, unknown>>,
  patterns: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const wanted = patterns.map((pattern) => pattern.toLowerCase());
  const isWanted = (name: string) =>
    wanted.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && isWanted(entry[0]) && mayBeForwarded(entry[0]),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
