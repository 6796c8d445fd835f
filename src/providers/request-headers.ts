import type { ProviderRequest } from './provider-request.js';

/** The caller's headers, and over them those of the connection, whatever the case of their letters. */
export function headersOf({
  connection: { headers = {} },
  headers: ofCaller = {},
}: Pick<ProviderRequest, 'connection' | 'headers'>): Record<string, string> {
  const own = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const others = Object.entries(ofCaller).filter(([name]) => !own.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...headers };
}
