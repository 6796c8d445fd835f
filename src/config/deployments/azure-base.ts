import type { ApiBase } from './api-base.js';

/** How a deployment of Azure is reached. */
export interface AzureBase {
  /**
   * `deployment`: the path names the deployment, under the resource's URL. `v1`: the path is OpenAI's. Both take the key
   * in a header of their own.
   */
  readonly form: 'deployment' | 'v1';
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  /** The deployment that the URL names, as it stands there. */
  readonly deployment?: string | undefined;
}

/** LiteLLM's, where a config names none. */
const API_VERSION = '2025-02-01-preview';

/** Versions that stand for the paths without one. */
const V1_VERSIONS: readonly string[] = ['v1', 'latest', 'preview'];

/** Of Azure AI Foundry's models that are not OpenAI's. */
const MODELS_VERSION = '2024-05-01-preview';

/**
 * Reads any URL that Azure's pages show: a resource's, one with `/openai`, with `/openai/v1`, or that of a deployment
 * with its route and version.
 * @see https://learn.microsoft.com/azure/ai-foundry/openai/reference looked at in 2026-11
 * @see https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle looked at in 2026-11
 * @param version - `api_version`, where one is set; that of the URL wins
 */
export function azureBase({ url, query }: ApiBase, version: string | undefined): AzureBase {
  const { 'api-version': ofUrl, ...rest } = query;
  const wanted = ofUrl ?? version;
  const named = /^(.*?)\/openai\/deployments\/([^/]+)$/.exec(url);
  if (named !== null) {
    const [, resource = '', deployment = ''] = named;
    return withVersion(resource, rest, wanted ?? API_VERSION, deployment);
  }
  if (url.endsWith('/openai/v1')) return { form: 'v1', url, query };
  const resource = url.replace(/\/openai(\/deployments)?$/, '');
  if (wanted !== undefined && V1_VERSIONS.includes(wanted)) {
    const preview = wanted === 'preview' ? { 'api-version': 'preview' } : {};
    return { form: 'v1', url: `${resource}/openai/v1`, query: { ...rest, ...preview } };
  }
  return withVersion(resource, rest, wanted ?? API_VERSION);
}

function withVersion(url: string, query: AzureBase['query'], version: string, deployment?: string): AzureBase {
  return { form: 'deployment', url, query: { ...query, 'api-version': version }, deployment };
}

/**
 * The same for `azure_ai/…`, models of Azure AI Foundry; null: an endpoint of OpenAI's form that takes its key as others
 * do.
 * @see https://learn.microsoft.com/azure/ai-foundry/model-inference/concepts/endpoints looked at in 2026-11
 */
export function foundryBase(base: ApiBase, version: string | undefined): AzureBase | null {
  const { hostname, pathname } = new URL(base.url);
  if (pathname.includes('/openai') || hostname.endsWith('.openai.azure.com')) return azureBase(base, version);
  if (!hostname.endsWith('.services.ai.azure.com')) return null;
  const url = pathname === '/' ? `${base.url}/models` : base.url;
  return { form: 'v1', url, query: { 'api-version': version ?? MODELS_VERSION, ...base.query } };
}
