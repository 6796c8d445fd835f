import { OPERATIONS } from '../../core/common/operations.js';

/** A base URL taken apart. */
export interface ApiBase {
  /** Without query, without `/` at its end, and without the path of an operation. */
  readonly url: string;
  /** What follows the `?`. */
  readonly query: Readonly<Record<string, string>>;
}

/** Paths that people copy together with the base: `…/v1/chat/completions`. */
const ROUTES = Object.values(OPERATIONS).map(({ path }) => path);

/** Pages for people, by the URL that their visitors are looking for. */
const WEB_PAGES: Readonly<Record<string, string>> = {
  'platform.openai.com': 'https://api.openai.com/v1',
  'chat.openai.com': 'https://api.openai.com/v1',
  'chatgpt.com': 'https://api.openai.com/v1',
  'console.anthropic.com': 'https://api.anthropic.com/v1',
  'platform.claude.com': 'https://api.anthropic.com/v1',
  'claude.ai': 'https://api.anthropic.com/v1',
  'aistudio.google.com': 'https://generativelanguage.googleapis.com/v1beta/openai',
  'console.groq.com': 'https://api.groq.com/openai/v1',
  'console.mistral.ai': 'https://api.mistral.ai/v1',
  'platform.deepseek.com': 'https://api.deepseek.com',
  'portal.azure.com': 'the endpoint of the resource, https://NAME.openai.azure.com',
  'ai.azure.com': 'the endpoint of the resource, https://NAME.services.ai.azure.com',
  'oai.azure.com': 'the endpoint of the resource, https://NAME.openai.azure.com',
};

/** Takes a base URL apart, or says what is wrong with it without showing it: it could hold a password. */
export function parseApiBase(text: string): ApiBase | { readonly problem: string } {
  const problem = (message: string) => ({ problem: message });
  if (/[<>{}]|%7B|%7D|%3C|%3E/i.test(text)) {
    return problem('has a part in brackets, which is to be replaced: write the URL as your provider shows it');
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    const scheme = /^(localhost|\d)/.test(text) ? 'http' : 'https';
    // Anything else could be a secret in the wrong place.
    const host = /^(localhost|127\.0\.0\.1|0\.0\.0\.0|[\w-]+(\.[\w-]+)*\.(com|ai|net|org|io|dev))(?=[:/]|$)/.exec(
      text,
    )?.[0];
    return problem(
      `expected a URL that begins with http:// or https://${host === undefined ? '' : `, as in ${scheme}://${host}`}`,
    );
  }
  const hasPassword = url.username !== '' || url.password !== '';
  if (hasPassword) return problem('must not hold a user name and a password: use api_key');
  if (url.hash !== '') return problem('must not have a part that begins with #');
  const page = Object.hasOwn(WEB_PAGES, url.hostname) ? WEB_PAGES[url.hostname] : undefined;
  if (page !== undefined) return problem(`a page for people, where no model answers: write ${page}`);
  const path = withoutSlashes(url.pathname);
  const route = ROUTES.find((each) => path.endsWith(each));
  const base = route === undefined ? path : withoutSlashes(path.slice(0, -route.length));
  return { url: `${url.origin}${base}`, query: Object.fromEntries(url.searchParams) };
}

function withoutSlashes(path: string): string {
  return path.replace(/\/+$/, '');
}
