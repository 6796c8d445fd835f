import OpenAI from 'openai';

/**
 * The headers that OpenAI's client gives each of its requests. It knows no key, and reads no variable of the environment: another
 * endpoint's key, organization or URL must not slip in.
 */
export async function clientHeaders(): Promise<Readonly<Record<string, string>>> {
  const client = new OpenAI({
    baseURL: 'http://localhost',
    apiKey: 'none',
    organization: null,
    project: null,
    adminAPIKey: null,
    // At `debug` it would print prompts and answers.
    logLevel: 'off',
    defaultHeaders: { ...withoutEnvironment(), Authorization: null },
  });
  const { req } = await client.buildRequest({ method: 'post', path: '/', body: {} });
  return Object.fromEntries(new Headers(req.headers));
}

/** It adds the headers of a variable of its own to each request, whoever is asked. */
function withoutEnvironment(): Record<string, null> {
  const lines = (process.env['OPENAI_CUSTOM_HEADERS'] ?? '').split('\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), null]));
}
