import type { z } from 'zod';
import type { deploymentParams } from '../schema/deployment-schema.js';
import { endpointOf, type Unserved } from './endpoint.js';
import type { Connection } from '../schema/loaded-config.js';
import { messagesEndpoint } from '../tables/messages-apis.js';
import type { ModelName } from './model-provider.js';
import type { Path } from '../findings/path.js';
import type { Context } from '../sections/read-section.js';
import { compact } from '../schema/values.js';
import { providerRow } from '../tables/known-providers.js';

export interface ConnectionInput {
  readonly name: ModelName;
  readonly own: z.output<typeof deploymentParams>;
  /** Fields of the body. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Of `litellm_params`. */
  readonly path: Path;
}

/** Providers whose URLs have a version. */
const VERSIONED: readonly string[] = ['azure', 'azure_text', 'azure_ai'];

/** Keys that say where a provider is asked, as the variables that say the same. */
function placeOf(own: ConnectionInput['own']): NodeJS.ProcessEnv {
  return compact({
    AWS_REGION_NAME: own.aws_region_name,
    VERTEXAI_PROJECT: own.vertex_project ?? own.vertex_ai_project,
    VERTEXAI_LOCATION: own.vertex_location ?? own.vertex_ai_location,
  });
}

/** How the worker reaches a deployment, and what it adds to each request; or why nobody can. */
export function connectionOf({ name, own, others, path }: ConnectionInput, context: Context): Connection | Unserved {
  const { findings } = context;
  if (own.base_url !== undefined && own.api_base !== undefined && own.base_url !== own.api_base) {
    findings.problem([...path, 'base_url'], 'another URL than api_base, which means the same');
  }
  const { api_key: apiKey, api_version: apiVersion } = own;
  const env = { ...context.env, ...placeOf(own) };
  const endpoint = endpointOf({
    ...context,
    env,
    name,
    apiBase: own.api_base ?? own.base_url,
    apiKey,
    apiVersion,
    own,
    path,
  });
  if ('reason' in endpoint) return endpoint;
  if (apiVersion !== undefined && !VERSIONED.includes(name.provider)) {
    findings.noteOnce('api_version', [...path, 'api_version'], 'for azure/… and azure_ai/… only');
  }
  noteForeignSignIn(own, providerRow(name.provider)?.signIn?.by, path, context);
  const headers = compact({ ...own.default_headers, ...own.headers, ...own.extra_headers });
  const withHeaders = Object.keys(headers).length > 0;
  return compact({
    provider: name.provider,
    ...endpoint,
    messages: messagesEndpoint(name.provider, endpoint.apiBase),
    organization: own.organization,
    headers: withHeaders ? (headers as Record<string, string>) : undefined,
    params: others,
    extraBody: own.extra_body,
  });
}

/** Keys that only some providers ask for, by their way of signing in. */
const OF_SIGN_IN = {
  aws: ['aws_region_name', 'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'aws_profile_name'],
  google: [
    'vertex_project',
    'vertex_location',
    'vertex_credentials',
    'vertex_ai_project',
    'vertex_ai_location',
    'vertex_ai_credentials',
  ],
} as const;

const PROVIDERS_OF = { aws: 'bedrock/… and bedrock_mantle/…', google: 'vertex_ai/…' } as const;

function noteForeignSignIn(
  own: ConnectionInput['own'],
  used: 'aws' | 'google' | undefined,
  path: Path,
  { findings }: Context,
): void {
  for (const by of ['aws', 'google'] as const) {
    const foreign = by === used ? [] : OF_SIGN_IN[by].filter((key) => own[key] !== undefined);
    for (const key of foreign) findings.noteOnce(key, [...path, key], `for ${PROVIDERS_OF[by]} only`);
  }
}
