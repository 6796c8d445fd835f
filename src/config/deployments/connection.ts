import type { z } from 'zod';
import type { deploymentParams } from '../schema/deployment-schema.js';
import { endpointOf, type Unserved } from './endpoint.js';
import type { Connection } from '../schema/loaded-config.js';
import type { ModelName } from './model-provider.js';
import type { Path } from '../findings/path.js';
import type { Context } from '../sections/read-section.js';
import { compact } from '../schema/values.js';

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

/** How the worker reaches a deployment, and what it adds to each request; or why nobody can. */
export function connectionOf({ name, own, others, path }: ConnectionInput, context: Context): Connection | Unserved {
  const { findings } = context;
  if (own.base_url !== undefined && own.api_base !== undefined && own.base_url !== own.api_base) {
    findings.problem([...path, 'base_url'], 'another URL than api_base, which means the same');
  }
  const { api_key: apiKey, api_version: apiVersion } = own;
  const region = own.aws_region_name === undefined ? {} : { AWS_REGION_NAME: own.aws_region_name };
  const env = { ...context.env, ...region };
  const endpoint = endpointOf({
    ...context,
    env,
    name,
    apiBase: own.api_base ?? own.base_url,
    apiKey,
    apiVersion,
    path,
  });
  if ('reason' in endpoint) return endpoint;
  if (apiVersion !== undefined && !VERSIONED.includes(name.provider)) {
    findings.noteOnce('api_version', [...path, 'api_version'], 'for azure/… and azure_ai/… only');
  }
  const headers = compact({ ...own.default_headers, ...own.headers, ...own.extra_headers });
  const withHeaders = Object.keys(headers).length > 0;
  return compact({
    provider: name.provider,
    ...endpoint,
    organization: own.organization,
    headers: withHeaders ? (headers as Record<string, string>) : undefined,
    params: others,
    extraBody: own.extra_body,
  });
}
