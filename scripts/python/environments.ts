import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDirectory, executableName } from '../../src/dev-server/cache-directory.js';
import { withFileLock } from '../../src/dev-server/file-lock.js';
import { findOnPath } from '../../src/dev-server/probe.js';
import { runQuietly } from '../run.mjs';

/** What tests and benchmarks use of Python's packages. Each set has an environment of its own: their needs clash. */
export const PYTHON_SETS = {
  /** The peer: its Router and its proxy, aiohttp among what they need. */
  litellm: ['litellm[proxy]==1.106.2'],
  /** OpenAI's client. */
  openai: ['openai==3.54.0'],
  /** Anthropic's client. */
  anthropic: ['anthropic==2.14.0'],
  /** Libraries on top of OpenAI's client, and what reads the files of batches. */
  clients: [
    'langchain-openai==1.7.4',
    'llama-index-llms-openai-like==0.8.1',
    'llama-index-embeddings-openai-like==0.4.0',
    'pandas==3.1.1',
  ],
  /** OpenAI's Agents SDK in Temporal's plugin for it. */
  agents: ['temporalio==1.35.0', 'temporalio-openai-agents==1.1.0', 'openai-agents==0.22.3', 'openai==3.57.0'],
  /** An S3 server for tests: `moto_server`. */
  moto: ['moto[s3,server]==5.2.5'],
  /** Asks an API whatever its own description allows, and more: `schemathesis`. */
  schemathesis: ['schemathesis==4.32.5'],
  /** Has the schemas of Kubernetes' resources, and compares manifests with them: `kubernetes-validate`. */
  kubernetes: ['kubernetes-validate==1.37.0'],
} as const satisfies Record<string, readonly string[]>;

export type PythonSet = keyof typeof PYTHON_SETS;

/** Written last, so that an installation which was broken off never counts. */
const MARKER = 'holdfast-complete';

/** In the user's cache, named for exactly these requirements: another version is another folder. */
function folderOf(set: PythonSet): string {
  const hash = createHash('sha256').update(PYTHON_SETS[set].join('\n')).digest('hex').slice(0, 12);
  return join(cacheDirectory(process.env), 'python', `${set}-${hash}`);
}

function programIn(folder: string, name: string): string {
  return join(folder, process.platform === 'win32' ? 'Scripts' : 'bin', executableName(name));
}

/**
 * The path of a program of a set's environment, `python` or `moto_server` for instance; undefined where the
 * environment was not made, or the Python that it was made with is gone.
 */
export function pythonProgram(set: PythonSet, name = 'python'): string | undefined {
  const folder = folderOf(set);
  const isUsable = existsSync(join(folder, MARKER)) && existsSync(programIn(folder, 'python'));
  return isUsable ? programIn(folder, name) : undefined;
}

/**
 * Makes the environment of a set, unless it is there, and returns the path of its `python`.
 * @throws Error when there is no Python, or with the last lines of what failed
 */
export async function makePythonEnvironment(set: PythonSet, report: (line: string) => void): Promise<string> {
  const folder = folderOf(set);
  return withFileLock(
    `${folder}.lock`,
    async () => {
      const made = pythonProgram(set);
      if (made !== undefined) return made;
      const python = findOnPath('python3', process.env) ?? findOnPath('python', process.env);
      if (python === undefined) throw new Error('neither python3 nor python is on PATH; install Python 3.11 or newer');
      await rm(folder, { recursive: true, force: true });
      await runQuietly(`making a Python environment in ${dirname(folder)}`, [python, '-m', 'venv', folder], report);
      const pip = [programIn(folder, 'python'), '-m', 'pip', '--disable-pip-version-check', 'install'];
      // Only what is built already: a compiler for Rust or C is not to be expected.
      const options = ['--no-input', '--only-binary', ':all:'];
      const requirements = PYTHON_SETS[set];
      await runQuietly(`installing ${requirements.join(', ')}`, [...pip, ...options, ...requirements], report);
      await writeFile(join(folder, MARKER), `${requirements.join('\n')}\n`);
      return programIn(folder, 'python');
    },
    { onWait: () => report(`another process is making the Python environment ${set}; waiting for it`) },
  );
}
