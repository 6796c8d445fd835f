import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../src/dev-server/ports.js';
import { makePythonEnvironment } from '../scripts/python/environments.js';
import { startLitellmProxy } from '../test/e2e/litellm-proxy.js';
import { startCli } from '../test/helpers/processes.js';
import { startChild } from './child.js';
import { holdfastConfig } from './config.js';
import type { Target } from './gateway-load.js';
import { GOOD_MODEL } from './kinds.js';
import { openStack } from './stack.js';

/** LiteLLM's proxy does not start without one. */
const KEY = 'sk-benchmark-0123456789';

/** The provider itself, LiteLLM's proxy in front of it, and `holdfast serve` in front of it. */
export function openTargets(report: (line: string) => void): Promise<{
  targets: Target[];
  close: () => Promise<void>;
}> {
  return openStack(report, async ({ folder, server, onClose }) => {
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

    const config = join(folder, 'holdfast.yaml');
    await writeFile(config, holdfastConfig(url));
    const port = await freePort();
    const serve = startCli(['serve', '--config', config, '--address', server.address, '--port', String(port)]);
    onClose(() => serve.kill());
    await serve.said('polls task queue');
    return {
      targets: [
        { name: 'direct', baseUrl: `${url}/v1`, model: GOOD_MODEL, key: 'none', pids: [] },
        { name: 'litellm', baseUrl: `http://127.0.0.1:${proxyPort}/v1`, model: 'good', key: KEY, pids: [proxy.pid] },
        {
          name: 'holdfast',
          baseUrl: `http://127.0.0.1:${port}/v1`,
          model: 'good',
          key: 'none',
          pids: [serve.process.pid ?? 0, server.pid],
        },
      ],
    };
  });
}
