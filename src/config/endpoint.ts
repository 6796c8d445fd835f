import { isReference, variable } from './environment.js';
import type { Findings } from './findings.js';
import { needsEndpoint, type ModelName } from './model-provider.js';
import type { Path } from './path.js';

const OPENAI_BASE_URL = 'https://api.openai.com/v1';

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

/**
 * Where a deployment's requests go, and with which key. The variables of OpenAI's own clients, OPENAI_BASE_URL and
 * OPENAI_API_KEY, count only where no `api_base` is given: another host never gets OpenAI's key.
 */
export function endpointOf(input: EndpointInput): { apiBase: string; apiKey: string } {
  return input.apiBase === undefined ? ofOpenAI(input) : ofHost(input.apiBase, input);
}

function ofOpenAI({ name, apiKey, path, env, findings, missing }: EndpointInput): { apiBase: string; apiKey: string } {
  const problem = needsEndpoint(name);
  if (problem !== null) findings.problem([...path, 'model'], problem);
  const apiBase = variable(env, 'OPENAI_BASE_URL');
  const badUrl = apiBase === undefined ? null : urlProblem(apiBase);
  if (badUrl !== null) findings.problem(path, `the environment variable OPENAI_BASE_URL: ${badUrl}`);
  const key = apiKey ?? variable(env, 'OPENAI_API_KEY');
  if (key === undefined && problem === null) {
    missing(
      [...path, 'api_key'],
      'not set, and neither is the environment variable OPENAI_API_KEY. Set it where the workers run, or write api_key',
    );
  }
  return { apiBase: apiBase ?? OPENAI_BASE_URL, apiKey: usable(key ?? '', path, findings) };
}

function ofHost(apiBase: string, { name, apiKey, path, findings }: EndpointInput): { apiBase: string; apiKey: string } {
  const badUrl = isReference(apiBase) ? null : urlProblem(apiBase);
  if (badUrl !== null) findings.problem([...path, 'api_base'], badUrl);
  if (name.provider !== 'openai') {
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
  if (apiKey === undefined) {
    const message = `not set: "${PLACEHOLDER_KEY}" is sent, because OPENAI_API_KEY is for OpenAI only`;
    findings.noteOnce('placeholder key', [...path, 'api_key'], message);
  }
  return { apiBase, apiKey: usable(apiKey ?? PLACEHOLDER_KEY, path, findings) };
}

/** What is wrong with a base URL, without showing it: it could hold a password. */
function urlProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return 'expected a URL that begins with http:// or https://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name and a password: use api_key';
  return url.search === '' && url.hash === '' ? null : 'must not have a part that begins with ? or #';
}

/** The key as a header can carry it; files and variables often end with a newline. */
function usable(key: string, path: Path, findings: Findings): string {
  if (isReference(key)) return '';
  const trimmed = key.trim();
  if (!/^[\x21-\x7e]*$/.test(trimmed))
    findings.problem([...path, 'api_key'], 'has characters that a header cannot carry');
  return trimmed;
}
