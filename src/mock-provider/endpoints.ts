import type { Dialect, ErrorName } from './error-bodies.js';
import type { JsonObject } from './prompt.js';

export type EndpointName = 'chat' | 'completions' | 'responses' | 'messages' | 'embeddings' | 'moderations' | 'images';

interface Endpoint {
  path: string;
  /** The parameter without which the real endpoint answers 400. */
  requiredParam?: string;
  /** Given where the real endpoint does not insist on a model. */
  defaultModel?: string;
}

const ENDPOINTS = {
  chat: { path: 'chat/completions', requiredParam: 'messages' },
  completions: { path: 'completions' },
  responses: { path: 'responses', requiredParam: 'input' },
  messages: { path: 'messages', requiredParam: 'max_tokens' },
  embeddings: { path: 'embeddings', requiredParam: 'input' },
  moderations: { path: 'moderations', requiredParam: 'input', defaultModel: 'omni-moderation-latest' },
  images: { path: 'images/generations', requiredParam: 'prompt', defaultModel: 'dall-e-2' },
} as const satisfies Record<EndpointName, Endpoint>;

const NAME_BY_PATH = new Map<string, EndpointName>(
  Object.entries(ENDPOINTS).map(([name, { path }]) => [path, name as EndpointName]),
);

const PATH = /^(?:\/openai\/deployments\/(?<deployment>[^/]+)|\/openai\/v1|\/v1)?\/(?<rest>.+)$/;

export interface Route {
  endpoint: EndpointName | 'models';
  /** Azure's older paths name the model, and the body need not. */
  deployment?: string;
  dialect: Dialect;
}

/** Which endpoint a path (without its query) is; undefined for an unknown path. */
export function findRoute(path: string): Route | undefined {
  const { deployment, rest = '' } = PATH.exec(path)?.groups ?? {};
  const endpoint = rest === 'models' ? rest : NAME_BY_PATH.get(rest);
  if (endpoint === undefined) return undefined;
  const ofOpenAi = path.startsWith('/openai/') ? 'azure' : 'openai';
  const dialect = endpoint === 'messages' ? 'anthropic' : ofOpenAi;
  return { endpoint, dialect, ...(deployment !== undefined && { deployment: decode(deployment) }) };
}

/** The model that a request is for; undefined when it fails to say. */
export function modelOf(route: Route, body: JsonObject): string | undefined {
  if (route.deployment !== undefined) return route.deployment;
  if (typeof body['model'] === 'string' && body['model'] !== '') return body['model'];
  const endpoint: Endpoint | undefined = route.endpoint === 'models' ? undefined : ENDPOINTS[route.endpoint];
  return endpoint?.defaultModel;
}

/** What is wrong with a request that a real provider would not even look at. */
export function findBadRequest(
  endpoint: EndpointName,
  model: string | undefined,
  body: JsonObject,
): { error: ErrorName; param?: string } | undefined {
  if (model === undefined) return { error: 'no-model' };
  const { requiredParam }: Endpoint = ENDPOINTS[endpoint];
  if (requiredParam === undefined) return undefined;
  return body[requiredParam] === undefined ? { error: 'no-param', param: requiredParam } : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
