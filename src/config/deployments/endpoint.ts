import { isReference, variable } from '../findings/environment.js';
import { type ApiBase, parseApiBase } from './api-base.js';
import { type AzureBase, azureBase, foundryBase } from './azure-base.js';
import type { Connection } from '../schema/loaded-config.js';
import { signInOf, type SignInParams, writesSignIn } from './sign-in.js';
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
  /** Azure's. */
  readonly apiVersion: string | undefined;
  /** What else the deployment says of its sign-in. */
  readonly own: SignInParams;
  readonly path: Path;
  readonly env: NodeJS.ProcessEnv;
  readonly findings: Findings;
  /** Reports a variable that is not set. */
  readonly missing: (path: Path, message: string) => void;
}

export type Endpoint = Pick<Connection, 'apiBase' | 'query' | 'deploymentInPath' | 'apiKey' | 'keyHeader' | 'signIn'>;

/** A deployment that cannot be asked. */
export interface Unserved {
  readonly reason: string;
}

/**
 * Where a deployment's requests go, and with which key. The variables that hold a provider's key count for its own hosts
 * only, and for a host that its own variables name: any other host gets no key but one that the config writes for it.
 */
export function endpointOf(input: EndpointInput): Endpoint | Unserved {
  const row = providerRow(input.name.provider);
  const base = input.apiBase === undefined ? ofProvider(input, row) : ofHost(input.apiBase, input, row);
  if ('reason' in base) return base;
  const way = keyOf(input, row, base.isOwn);
  if ('reason' in way) return way;
  const { query } = base;
  const azure = azureOf(input, base);
  const parts = azure ?? { form: 'openai', url: withPath(base, row), query };
  return {
    apiBase: parts.url,
    query: Object.keys(parts.query).length > 0 ? parts.query : undefined,
    deploymentInPath: azure?.form === 'deployment' ? (azure.deployment ?? null) : undefined,
    ...way,
    keyHeader: azure === null ? undefined : 'api-key',
  };
}

interface Base extends ApiBase {
  /** Whether the provider's own key may go there. */
  readonly isOwn: boolean;
}

const NOWHERE: Base = { url: '', query: {}, isOwn: false };

function azureOf({ name: { provider }, apiVersion, env }: EndpointInput, base: Base): AzureBase | null {
  if (!URL.canParse(base.url)) return null;
  const version = apiVersion ?? variable(env, 'AZURE_API_VERSION');
  if (provider === 'azure' || provider === 'azure_text') return azureBase(base, version);
  return provider === 'azure_ai' ? foundryBase(base, version) : null;
}

function ofProvider(input: EndpointInput, row: ProviderRow | null): Base | Unserved {
  const { name, path, env, findings } = input;
  if (name.unknownPrefix !== null || row === null) return unknownProvider(input);
  const source = row.baseVariables.find((each) => variable(env, each) !== undefined);
  const text = variable(env, source ?? '') ?? row.baseUrl;
  if (text === null) {
    const variables = row.baseVariables.map((each) => ` or set ${each} where the workers run`).join('');
    return unset(
      'api_base',
      `no api_base for the provider ${name.provider}: write the URL of your endpoint${variables}`,
      input,
      row,
    );
  }
  const { url, missing } = withVariables(text, env, row.defaults);
  if (missing !== null) {
    const why = `no api_base for the provider ${name.provider}, and ${variablesOf(missing)} is not set, which is part of its URL`;
    return unset('api_base', why, input, row);
  }
  const base = parseApiBase(row.urlOf?.(url) ?? url);
  if (!('problem' in base)) return { ...base, isOwn: true };
  findings.problem(path, `the environment variable ${source}: ${base.problem}`);
  return NOWHERE;
}

/** Something is missing without which a deployment cannot be asked. */
function unset(
  key: string,
  reason: string,
  { path, findings, missing }: EndpointInput,
  row: ProviderRow | null,
): Unserved {
  if (row?.signIn !== undefined) findings.note([...path, key], `cannot be asked: ${reason}`);
  else missing([...path, key], reason);
  return { reason };
}

/** A base URL with its `{ONE|OTHER}` replaced by variables, the first that is set. */
function withVariables(
  text: string,
  env: NodeJS.ProcessEnv,
  defaults: ProviderRow['defaults'] = {},
): { url: string; missing: readonly string[] | null } {
  let missing: string[] | null = null;
  const url = text.replaceAll(/\{([A-Z_|]+)\}/g, (_, names: string) => {
    const all = names.split('|');
    const values = [...all.map((each) => variable(env, each)), ...all.map((each) => defaults[each])];
    const value = values.find((each) => each !== undefined);
    if (value === undefined) missing = all;
    return encodeURIComponent(value ?? '');
  });
  return { url, missing };
}

/** One deployment that nobody can serve does not hinder the others. */
function unknownProvider({ name: { provider, unknownPrefix }, path, findings }: EndpointInput): Unserved {
  const at = [...path, 'model'];
  if (unknownPrefix === null) {
    const reason =
      `no api_base for the provider ${provider}, and no endpoint of it is known that speaks OpenAI's API. Write the ` +
      "api_base of a proxy that does, LiteLLM's own for instance, or take another provider of the model, as openrouter/…";
    findings.note(at, `cannot be asked: ${reason}`);
    return { reason };
  }
  const meant = didYouMean(unknownPrefix, PROVIDER_NAMES);
  const reason = `unknown provider ${unknownPrefix}: for an endpoint that speaks OpenAI's API, write api_base.${meant}`;
  findings.note(at, `cannot be asked: ${reason}`);
  return { reason };
}

function ofHost(apiBase: string, { name, path, findings }: EndpointInput, row: ProviderRow | null): Base {
  if (isReference(apiBase)) return { ...NOWHERE, url: apiBase };
  const base = parseApiBase(apiBase);
  const problem = 'problem' in base ? base.problem : unfitting(base, name);
  if (problem !== null) findings.problem([...path, 'api_base'], problem);
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
  return 'problem' in base ? NOWHERE : { ...base, isOwn: isOwnHost(base.url, row) };
}

/** What is wrong with a URL for this provider; null: nothing that can be seen. */
function unfitting({ url }: ApiBase, { provider, model }: ModelName): string | null {
  const { hostname, pathname } = new URL(url);
  const isAzure = hostname.endsWith('.openai.azure.com');
  if (provider === 'openai' && isAzure && !pathname.endsWith('/openai/v1')) {
    return `an endpoint of Azure, which is asked in a way of its own: write the model as azure/DEPLOYMENT, not as openai/${model}`;
  }
  return provider === 'azure' && hostname === 'api.openai.com'
    ? `OpenAI's own endpoint, not Azure's: write the model as openai/${model}, or the URL of the resource, https://NAME.openai.azure.com`
    : null;
}

function keyOf(
  input: EndpointInput,
  row: ProviderRow | null,
  isOwn: boolean,
): Pick<Endpoint, 'apiKey' | 'signIn'> | Unserved {
  const { name, apiKey, own, path, env, findings } = input;
  const variables = row?.keyVariables ?? [];
  const ofProvider = isOwn ? variables.map((each) => variable(env, each)).find((key) => key !== undefined) : undefined;
  // What the deployment writes comes before what holds for all.
  const key = apiKey ?? (writesSignIn(own) ? undefined : ofProvider);
  if (key !== undefined) return { apiKey: usable(key, path, findings) };
  if (row?.signIn !== undefined && (isOwn || writesSignIn(own))) {
    return { apiKey: PLACEHOLDER_KEY, signIn: signInOf(input, row.signIn) ?? undefined };
  }
  if (isOwn && row?.keyless !== true) {
    unset('api_key', `not set, and neither is ${variablesOf(variables)}. ${SET_KEY}`, input, row);
    return { apiKey: '' };
  }
  if (!isOwn && variables.length > 0) {
    const message = `not set: "${PLACEHOLDER_KEY}" is sent, because ${variables[0]} is for ${name.provider} only`;
    findings.noteOnce(`placeholder key ${name.provider}`, [...path, 'api_key'], message);
  }
  return { apiKey: PLACEHOLDER_KEY };
}

const SET_KEY = 'Set it where the workers run, or write api_key';

function variablesOf(names: readonly string[]): string {
  return `the environment variable ${names.join(' or ')}`;
}

function isOwnHost(text: string, row: ProviderRow | null): boolean {
  const { host, hostname, protocol } = new URL(text);
  const home = homeOf(row);
  // A server of this machine: another port is another server.
  if (home?.protocol === 'http:') return host === home.host;
  if (protocol !== 'https:') return false;
  const isBelow = (own: string) => hostname === own || hostname.endsWith(`.${own}`);
  return (home !== null && isHome(hostname, home.host)) || (row?.hosts ?? []).some(isBelow);
}

/** What is in braces stands for a part of the name; below the provider's own host are its own, too. */
function isHome(hostname: string, home: string): boolean {
  const parts = home.split('.');
  const asked = hostname.split('.').slice(home.includes('{') ? 0 : -parts.length);
  return asked.length === parts.length && parts.every((part, index) => part.includes('{') || part === asked[index]);
}

/** The provider's own URL, as it stands in the table. */
function homeOf(row: ProviderRow | null): { protocol: string; host: string; path: string } | null {
  const [, protocol = '', host = '', path = ''] = /^(https?:)\/\/([^/]+)(.*)$/.exec(row?.baseUrl ?? '') ?? [];
  return host === '' ? null : { protocol, host, path };
}

/** The path of the OpenAI-compatible API is added to a mere host, and takes the place of the provider's own API. */
function withPath({ url, isOwn }: Base, row: ProviderRow | null): string {
  if (!URL.canParse(url)) return url;
  const { pathname, origin } = new URL(url);
  const home = isOwn ? homeOf(row)?.path : undefined;
  const path = row?.path ?? (home?.includes('{') === true ? undefined : home);
  if (path !== undefined && pathname === '/') return `${origin}${path}`;
  return row?.native === undefined ? url : url.replace(...row.native);
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
