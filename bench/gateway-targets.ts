import { freePort } from '../src/dev-server/ports.js';
import { makePythonEnvironment } from '../scripts/python/environments.js';
import { startLitellmProxy } from '../test/e2e/litellm-proxy.js';
import { startChild } from './child.js';
import { holdfastConfig } from './config.js';
import type { Target } from './gateway-load.js';
import type { Database } from './database.js';
import { GOOD_MODEL } from './kinds.js';
import { openStack, startServe, type Stack } from './stack.js';

/** LiteLLM's proxy does not start without one. */
const KEY = 'sk-benchmark-0123456789';

/** The provider itself, LiteLLM's proxy in front of it, and `holdfast serve` in front of it with both durabilities. */
export function openTargets(
  report: (line: string) => void,
  database: Database,
): Promise<{
  targets: Target[];
  close: () => Promise<void>;
}> {
  const build = async (stack: Stack) => {
    const { server, onClose } = stack;
    const provider = await startChild<{ url: string }>('call-provider.ts', {});
    onClose(() => provider.stop());
    const { url } = provider.ready;

    await makePythonEnvironment('litellm', report);
    const proxyPort = await freePort();
    const proxy = await startLitellmProxy(
      {
        model_list: [
          {
            model_name: 'good',
            litellm_params: { model: `openai/${GOOD_MODEL}`, api_base: `${url}/v1`, api_key: 'none' },
          },
        ],
        general_settings: { master_key: KEY },
      },
      proxyPort,
    );
    onClose(() => proxy.stop());

    const serve = await startServe(stack, holdfastConfig(url));
    const holdfast: Target = {
      name: 'always',
      baseUrl: `${serve.url}/v1`,
      model: 'good',
      key: 'none',
      pids: [serve.pid, server.pid, ...(server.databasePid === undefined ? [] : [server.databasePid])],
    };
    return {
      targets: [
        { name: 'direct', baseUrl: `${url}/v1`, model: GOOD_MODEL, key: 'none', pids: [] },
        { name: 'litellm', baseUrl: `http://127.0.0.1:${proxyPort}/v1`, model: 'good', key: KEY, pids: [proxy.pid] },
        holdfast,
        { ...holdfast, name: 'on-failure', headers: { 'x-holdfast-durability': 'on-failure' } },
      ],
    };
  };
  return openStack(report, build, database);
}
