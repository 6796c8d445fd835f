import { ownName, type Connection } from '../config/index.js';
import { OPERATIONS, type Operation } from '../core/common/operations.js';

/** Operations whose paths name the deployment in Azure's older form; the others name it in the body. */
const OF_DEPLOYMENTS: readonly Operation[] = ['chat.completions', 'completions', 'embeddings', 'images.generations'];

type Target = Pick<Connection, 'apiBase' | 'deploymentInPath'>;

/** The URL of an operation of OpenAI's API, without its query: that may hold a key. */
export function openAiUrl({ apiBase, deploymentInPath }: Target, operation: Operation, model: string): string {
  const { path } = OPERATIONS[operation];
  if (deploymentInPath === undefined) return `${apiBase}${path}`;
  if (!OF_DEPLOYMENTS.includes(operation)) return `${apiBase}/openai${path}`;
  // The name may be the caller's, where a wildcard serves it.
  const deployment = deploymentInPath ?? encodeURIComponent(model);
  return `${apiBase}/openai/deployments/${deployment}${path}`;
}

/** How a connection shows its key; nothing where it is signed in otherwise. */
export function keyHeaders({ apiKey, keyHeader, signIn }: Connection): Record<string, string> {
  if (keyHeader !== undefined) return { [keyHeader]: apiKey };
  return signIn === undefined ? { Authorization: `Bearer ${apiKey}` } : {};
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
