import OpenAI, { AzureOpenAI, type ClientOptions } from 'openai';
import type { Connection } from '../config/index.js';

/**
 * The client that makes the requests of a connection, its own retries off. It reads no variable of the environment:
 * another endpoint's key, organization or URL must not slip in.
 */
export function clientFor(connection: Connection, model: string, options: Pick<ClientOptions, 'fetch'>): OpenAI {
  const { provider, apiBase, apiKey, apiVersion, organization, headers = {} } = connection;
  const shared = {
    ...options,
    apiKey,
    organization: organization ?? null,
    project: null,
    maxRetries: 0,
    defaultHeaders: headers,
  };
  if (provider === 'openai') return new OpenAI({ ...shared, baseURL: apiBase });
  const resource = apiBase.replace(/\/+$/, '');
  // Azure's newer paths name neither deployment nor version: only the key's header differs from OpenAI's.
  if (resource.endsWith('/openai/v1')) {
    return new OpenAI({
      ...shared,
      baseURL: resource,
      defaultHeaders: { Authorization: null, 'api-key': apiKey, ...headers },
    });
  }
  return new AzureOpenAI({
    ...shared,
    baseURL: `${resource.replace(/\/openai$/, '')}/openai`,
    apiVersion: apiVersion ?? '',
    // The client escapes it in the path: the name may be the caller's where a wildcard serves it.
    deployment: model,
  });
}

/**
 * The body of a request: the deployment's fields, over them the caller's, over them the deployment's `extra_body`, as in
 * LiteLLM. What the call itself depends on, the model and whether the answer is a stream, nobody changes.
 */
export function bodyFor(
  { params, extraBody = {} }: Connection,
  body: Readonly<Record<string, unknown>>,
  model: string,
): Record<string, unknown> {
  const { stream: _stream, ...extra } = extraBody;
  return { ...params, ...body, ...extra, model };
}
