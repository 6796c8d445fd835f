import type { z } from 'zod';
import type { deploymentParams } from '../schema/deployment-schema.js';
import { endpointOf } from './endpoint.js';
import { variable } from '../findings/environment.js';
import type { Connection } from '../schema/loaded-config.js';
import type { ModelName } from './model-provider.js';
import type { Path } from '../findings/path.js';
import type { Context } from '../sections/read-section.js';
import { compact } from '../schema/values.js';

/** LiteLLM's, where a config names none. */
const AZURE_API_VERSION = '2025-02-01-preview';

interface Input {
  readonly name: ModelName;
  readonly own: z.output<typeof deploymentParams>;
  /** Fields of the body. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Of `litellm_params`. */
  readonly path: Path;
}

/** How the worker reaches a deployment, and what it adds to each request. */
export function connectionOf({ name, own, others, path }: Input, context: Context): Connection {
  const { env, findings } = context;
  if (own.base_url !== undefined && own.api_base !== undefined && own.base_url !== own.api_base) {
    findings.problem([...path, 'base_url'], 'another URL than api_base, which means the same');
  }
  const endpoint = endpointOf({ ...context, name, apiBase: own.api_base ?? own.base_url, apiKey: own.api_key, path });
  const isAzure = name.provider === 'azure';
  if (!isAzure && own.api_version !== undefined) {
    findings.noteOnce('api_version', [...path, 'api_version'], 'for azure/… only');
  }
  const headers = compact({ ...own.default_headers, ...own.headers, ...own.extra_headers });
  const withHeaders = Object.keys(headers).length > 0;
  return compact({
    provider: isAzure ? ('azure' as const) : ('openai' as const),
    ...endpoint,
    apiVersion: isAzure ? (own.api_version ?? variable(env, 'AZURE_API_VERSION') ?? AZURE_API_VERSION) : undefined,
    organization: own.organization,
    headers: withHeaders ? (headers as Record<string, string>) : undefined,
    params: others,
    extraBody: own.extra_body,
  });
}
