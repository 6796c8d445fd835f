import { isReference, variable } from '../findings/environment.js';
import type { Findings } from '../findings/findings.js';
import { PROVIDER_NAMES, type ProviderRow, providerRow } from '../tables/known-providers.js';
import type { ModelName } from './model-provider.js';
import { didYouMean } from '../findings/nearest.js';
import type { Path } from '../findings/path.js';

/** Sent where an endpoint is given without a key: local servers ask for none, and the client insists on some. */
export const PLACEHOLDER_KEY = 'no-key';

export interface EndpointInput {
  readonly name: ModelName;
  readonly apiBase: string | undefined;
  readonly apiKey: string | undefined;
  readonly path: Path;
  readonly env: NodeJS.ProcessEnv;
  readonly findings: Findings;
  /** Reports a variable that is not set. */
  readonly missing: (path: Path, message: string) => void;
}

export interface Endpoint {
  readonly apiBase: string;
  readonly apiKey: string;
}

/**
 * Where a deployment's requests go, and with which key. The variables that hold a provider's key count for its own hosts
 * only, and for a host that its own variables name: any other host gets no key but one that the config writes for it.
 */
export function endpointOf(input: EndpointInput): Endpoint {
  const row = providerRow(input.name.provider);
  const base = input.apiBase === undefined ? ofProvider(input, row) : ofHost(input.apiBase, input, row);
  return { apiBase: base.url, apiKey: keyOf(input, row, base.isOwn) };
}

interface Base {
  readonly url: string;
  /** Whether the provider's own key may go there. */
  readonly isOwn: boolean;
}

function ofProvider({ name, path, env, findings }: EndpointInput, row: ProviderRow | null): Base {
  const source = row?.baseVariables.find((each) => variable(env, each) !== undefined);
  const url = variable(env, source ?? '') ?? row?.baseUrl ?? null;
  if (name.unknownPrefix !== null || url === null) {
    findings.problem([...path, 'model'], noEndpoint(name, row));
    return { url: '', isOwn: false };
  }
  const badUrl = urlProblem(url);
  if (badUrl !== null) findings.problem(path, `the environment variable ${source}: ${badUrl}`);
  return { url: withPath(url, row), isOwn: true };
}

/** Why a model cannot be called without `api_base`, and what to do. */
function noEndpoint({ provider, unknownPrefix }: ModelName, row: ProviderRow | null): string {
  if (unknownPrefix !== null) {
    return (
      `unknown provider ${unknownPrefix}: for an endpoint that speaks OpenAI's API, write api_base.` +
      didYouMean(unknownPrefix, PROVIDER_NAMES)
    );
  }
  if (row !== null) {
    const variables = row.baseVariables.map((each) => ` or set ${each} where the workers run`).join('');
    return `no api_base for the provider ${provider}: write the URL of your endpoint${variables}`;
  }
  return (
    `no api_base for the provider ${provider}, and no endpoint of it is known that speaks OpenAI's API. Write the ` +
    "api_base of a proxy that does, LiteLLM's own for instance, or take another provider of the model, as openrouter/…"
  );
}

function ofHost(apiBase: string, { name, path, findings }: EndpointInput, row: ProviderRow | null): Base {
  if (isReference(apiBase)) return { url: apiBase, isOwn: false };
  const badUrl = urlProblem(apiBase);
  if (badUrl !== null) findings.problem([...path, 'api_base'], badUrl);
  if (row === null) {
    findings.noteOnce(
      `provider ${name.provider}`,
      [...path, 'model'],
      `${name.provider} is called as an OpenAI-compatible endpoint: {api_base}/chat/completions, model ${name.model}`,
    );
  }
  if (name.unknownPrefix !== null) {
    const message = `${name.unknownPrefix} is no known provider: the whole name is sent to the endpoint`;
    findings.noteOnce(`prefix ${name.unknownPrefix}`, [...path, 'model'], message);
  }
  return badUrl === null
    ? { url: withPath(apiBase, row), isOwn: isOwnHost(apiBase, row) }
    : { url: apiBase, isOwn: false };
}

function keyOf({ name, apiKey, path, env, findings, missing }: EndpointInput, row: ProviderRow | null, isOwn: boolean) {
  const variables = row?.keyVariables ?? [];
  const own = isOwn ? variables.map((each) => variable(env, each)).find((key) => key !== undefined) : undefined;
  const key = apiKey ?? own;
  if (key !== undefined) return usable(key, path, findings);
  if (isOwn && row?.keyless !== true) {
    missing([...path, 'api_key'], `not set, and neither is ${variablesOf(variables)}. ${SET_KEY}`);
    return '';
  }
  if (!isOwn && variables.length > 0) {
    const message = `not set: "${PLACEHOLDER_KEY}" is sent, because ${variables[0]} is for ${name.provider} only`;
    findings.noteOnce(`placeholder key ${name.provider}`, [...path, 'api_key'], message);
  }
  return PLACEHOLDER_KEY;
}

const SET_KEY = 'Set it where the workers run, or write api_key';

function variablesOf(names: readonly string[]): string {
  return `the environment variable ${names.join(' or ')}`;
}

function isOwnHost(text: string, row: ProviderRow | null): boolean {
  const { host, hostname, protocol } = new URL(text);
  const home = row?.baseUrl === undefined || row.baseUrl === null ? null : new URL(row.baseUrl);
  // A server of this machine: another port is another server.
  if (home?.protocol === 'http:') return host === home.host;
  const hosts = [...(home === null ? [] : [home.hostname]), ...(row?.hosts ?? [])];
  return protocol === 'https:' && hosts.some((own) => hostname === own || hostname.endsWith(`.${own}`));
}

/** The base URL without `/` at its end; the path of the OpenAI-compatible API is added to a mere host. */
function withPath(text: string, row: ProviderRow | null): string {
  const base = text.replace(/\/+$/, '');
  return row?.path !== undefined && URL.canParse(base) && new URL(base).pathname === '/' ? `${base}${row.path}` : base;
}

/** What is wrong with a base URL, without showing it: it could hold a password. */
function urlProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return 'expected a URL that begins with http:// or https://';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a user name and a password: use api_key';
  return url.search === '' && url.hash === '' ? null : 'must not have a part that begins with ? or #';
}

/** The key as a header can carry it; files and variables often end with a newline. */
function usable(key: string, path: Path, findings: Findings): string {
  if (isReference(key)) return '';
  const trimmed = key.trim();
  if (!/^[\x21-\x7e]*$/.test(trimmed)) {
    findings.problem([...path, 'api_key'], 'has characters that a header cannot carry');
  }
  return trimmed;
}
