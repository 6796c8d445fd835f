import OpenAI, { OpenAIError, type ClientOptions } from 'openai';
import { ownName, type Connection } from '../config/index.js';
import { OPERATIONS, type Operation } from '../core/common/operations.js';

/** Operations whose paths name the deployment in Azure's older form; the others name it in the body. */
const OF_DEPLOYMENTS: readonly Operation[] = ['chat.completions', 'completions', 'embeddings', 'images.generations'];

type Target = Pick<Connection, 'apiBase' | 'deploymentInPath' | 'query'>;

/** The URL of an operation of OpenAI's API, without its query: that may hold a key. */
export function openAiUrl(connection: Target, operation: Operation, model: string): string {
  return `${baseOf(connection, operation, model)}${OPERATIONS[operation].path}`;
}

function baseOf({ apiBase, deploymentInPath }: Target, operation: Operation, model: string): string {
  if (deploymentInPath === undefined) return apiBase;
  if (!OF_DEPLOYMENTS.includes(operation)) return `${apiBase}/openai`;
  // The name may be the caller's, where a wildcard serves it.
  const deployment = deploymentInPath ?? encodeURIComponent(model);
  return `${apiBase}/openai/deployments/${deployment}`;
}

/**
 * The client that makes the requests of a connection, its own retries off. It reads no variable of the environment:
 * another endpoint's key, organization or URL must not slip in.
 */
export function clientFor(
  connection: Connection,
  operation: Operation,
  model: string,
  options: Pick<ClientOptions, 'fetch'>,
): OpenAI {
  const { apiKey, query, organization, headers = {} } = connection;
  const baseURL = baseOf(connection, operation, model);
  if (/\/\.{1,2}$/.test(baseURL)) throw new OpenAIError('a name that is no part of a path');
  return new OpenAI({
    ...options,
    baseURL,
    defaultQuery: query,
    apiKey,
    organization: organization ?? null,
    project: null,
    adminAPIKey: null,
    maxRetries: 0,
    // At `debug` it would print prompts and answers.
    logLevel: 'off',
    defaultHeaders: { ...withoutEnvironment(), Authorization: null, ...keyHeaders(connection), ...headers },
  });
}

/** How a connection shows its key; nothing where it is signed in otherwise. */
export function keyHeaders({ apiKey, keyHeader, signIn }: Connection): Record<string, string> {
  if (keyHeader !== undefined) return { [keyHeader]: apiKey };
  return signIn === undefined ? { Authorization: `Bearer ${apiKey}` } : {};
}

/** `openai` adds the headers of a variable of its own to each request, whoever is asked. */
function withoutEnvironment(): Record<string, null> {
  const lines = (process.env['OPENAI_CUSTOM_HEADERS'] ?? '').split('\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), null]));
}

/**
 * The body of a request: the deployment's fields, over them the caller's, over them the deployment's `extra_body`, as in
 * LiteLLM. What the call itself depends on, the model and whether the answer is a stream, nobody changes.
 */
export function bodyFor(
  { provider, params, extraBody = {} }: Connection,
  body: Readonly<Record<string, unknown>>,
  model: string,
): Record<string, unknown> {
  const { stream: _stream, ...extra } = extraBody;
  // Where a wildcard serves it, the caller named it as LiteLLM does.
  return { ...params, ...body, ...extra, model: ownName(provider, model) };
}
