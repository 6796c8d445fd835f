import { bodyFor } from './endpoints.js';
import type { HttpRequest } from './provider-api.js';
import type { ProviderRequest } from './provider-request.js';
import { joinHeaders } from './request-headers.js';

/** A request with a body of JSON. The caller's headers go over those of the API, and those of the connection over these. */
export function jsonRequest(
  { connection, model, body, headers }: ProviderRequest,
  url: string,
  ofApi: Readonly<Record<string, string>>,
): HttpRequest {
  const query = new URLSearchParams(connection.query).toString();
  return {
    method: 'POST',
    url: query === '' ? url : `${url}?${query}`,
    headers: joinHeaders(ofApi, headers, connection.headers),
    body: bodyFor(connection, body, model),
  };
}
