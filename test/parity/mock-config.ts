/** Where the scripted upstream listens, and where nothing does. Both without a path. */
export interface UpstreamUrls {
  readonly mock: string;
  readonly down: string;
}

const PLACEHOLDER = /^(MOCK|MOCK_DOWN)(\/.*)?$/;

/** Keys of a config that hold a base URL. */
const URL_KEYS: readonly string[] = ['api_base', 'base_url'];

/** Azure's client adds `/openai/deployments/…` itself. */
const AZURE = /^azure(?:_text)?(?:\/|$)/;

/**
 * A config in which `MOCK` stands for the scripted upstream and `MOCK_DOWN` for a closed port, as a config of the real
 * thing would have it: `<base>/v1` for OpenAI and all that speak like it, `<base>` for Azure. A path that the config
 * gives itself, `MOCK/v1` for instance, stays as it is.
 */
export function withUpstream(config: unknown, urls: UpstreamUrls): unknown {
  if (Array.isArray(config)) return config.map((item) => withUpstream(item, urls));
  if (!isObject(config)) return config;
  const own = isAzure(config) ? '' : '/v1';
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (key === 'environment_variables' && isObject(value)) return [key, resolveAll(value, urls)];
      return [key, URL_KEYS.includes(key) ? resolve(value, urls, own) : withUpstream(value, urls)];
    }),
  );
}

function resolveAll(variables: Record<string, unknown>, urls: UpstreamUrls): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, resolve(value, urls, '/v1')]));
}

function resolve(value: unknown, { mock, down }: UpstreamUrls, ownPath: string): unknown {
  const [, name, path] = (typeof value === 'string' && PLACEHOLDER.exec(value)) || [];
  if (name === undefined) return value;
  const base = name === 'MOCK' ? mock : down;
  return `${base}${path === undefined || path === '/' ? ownPath : path}`;
}

function isAzure({ model, custom_llm_provider: provider }: Record<string, unknown>): boolean {
  return AZURE.test(String(provider ?? model));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
