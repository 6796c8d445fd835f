import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { pythonProgram } from '../../scripts/python/environments.js';
import { waitFor } from '../helpers/wait-for.js';

/** LiteLLM's proxy, running. */
export interface LitellmProxy {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Its start alone takes ten seconds of a processor that is free. */
export const PROXY_START_MS = 240_000;

/** Whatever would leave the machine ends here: nothing listens on this port. */
const NOWHERE = 'http://127.0.0.1:9';

/** It would fetch these from the network when it starts; what came with its package will do. */
const LOCAL_FILES = {
  LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS: 'True',
  LITELLM_LOCAL_POLICY_TEMPLATES: 'True',
  LITELLM_LOCAL_AUTOROUTER_PRESETS: 'True',
  LITELLM_LOCAL_BLOG_POSTS: 'True',
};

/**
 * Starts LiteLLM's proxy on the loopback interface, away from the user's settings and from the network.
 * @throws Error with what it printed, when it ends instead of starting
 */
export async function startLitellmProxy(config: unknown, port: number): Promise<LitellmProxy> {
  const program = pythonProgram('litellm', 'litellm');
  if (program === undefined) throw new Error('no Python environment litellm: npm run python-env -- litellm');
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-litellm-'));
  const configFile = join(folder, 'config.yaml');
  await writeFile(configFile, stringify(config));
  const child = spawn(program, ['--config', configFile, '--host', '127.0.0.1', '--port', String(port)], {
    cwd: folder,
    env: {
      PATH: `${dirname(program)}:${process.env['PATH']}`,
      HOME: folder,
      ...LOCAL_FILES,
      HTTP_PROXY: NOWHERE,
      HTTPS_PROXY: NOWHERE,
      NO_PROXY: '127.0.0.1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void (output = `${output}${text}`.slice(-20_000)));
  }
  const exited = once(child, 'exit');
  const stop = async () => {
    // It has no state, and its own shutdown takes seconds.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(`LiteLLM's proxy ended with ${child.exitCode}: ${output}`);
        return isAlive(port);
      },
      { everyMs: 250, timeoutMs: PROXY_START_MS, what: "LiteLLM's proxy to answer" },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, stop };
}

async function isAlive(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/liveliness`)).ok;
  } catch {
    return false;
  }
}
