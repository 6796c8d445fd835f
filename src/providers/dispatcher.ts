import { EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici';

/**
 * The connections to providers, through the proxies that `HTTP_PROXY` and `HTTPS_PROXY` name, but for the hosts of
 * `NO_PROXY`. As with curl, the names may be in small letters, which win, a proxy without a scheme is one of HTTP, and an
 * address of this machine goes through the proxy, too, unless `NO_PROXY` has it.
 */
export function createDispatcher(env: NodeJS.ProcessEnv): Dispatcher {
  return new EnvHttpProxyAgent({
    httpProxy: proxyIn(env, 'HTTP_PROXY'),
    httpsProxy: proxyIn(env, 'HTTPS_PROXY'),
    noProxy: variable(env, 'NO_PROXY'),
    // Requests over plain HTTP are for the proxy to send, as proxies without CONNECT expect.
    proxyTunnel: false,
    // undici's own time-outs (300 s for headers and between pieces of a body) would end slow answers: ours rule.
    // HTTP/1.1: one broken connection is one failed attempt, not that of a hundred requests that share it.
    factory: (origin, options: Pool.Options) =>
      new Pool(origin, { ...options, headersTimeout: 0, bodyTimeout: 0, allowH2: false }),
  });
}

function proxyIn(env: NodeJS.ProcessEnv, name: string): string {
  const given = variable(env, name);
  return given === '' || given.includes('://') ? given : `http://${given}`;
}

function variable(env: NodeJS.ProcessEnv, name: string): string {
  return (env[name.toLowerCase()] ?? env[name] ?? '').trim();
}
