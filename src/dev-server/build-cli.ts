import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CLI_VERSION, executableName } from './cache-directory.js';
import { TailLines } from './tail-lines.js';

const CLI_MODULE = `github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`;
const PROGRESS_INTERVAL_MS = 10_000;

/** Compilations of a build that starts with an empty Go cache: `go install -n` lists so many. */
const PACKAGES_OF_A_COLD_BUILD = 1_297;

export function formatElapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export interface BuildCliOptions {
  /** Path of the `go` command. */
  go: string;
  /** An empty directory that receives the binary. */
  directory: string;
  env: NodeJS.ProcessEnv;
  report: (line: string) => void;
}

/**
 * Builds the Temporal CLI from its Go module and returns the path of the binary.
 * @throws Error with the last lines that Go printed
 */
export async function buildCli({ go, directory, env, report }: BuildCliOptions): Promise<string> {
  report(`building the Temporal CLI ${CLI_VERSION} with Go: 5 to 12 minutes the first time, then it is kept`);
  const startedAt = Date.now();
  const output = new TailLines(15);
  let downloaded = 0;
  let compiled = 0;
  const child = spawn(go, ['install', '-v', CLI_MODULE], {
    // Outside any module or workspace, which would change what `go install` resolves.
    cwd: directory,
    env: { ...env, GOBIN: directory, GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) downloaded += 1;
    else if (!line.startsWith('go: ')) compiled += 1;
    output.push(line);
  });
  const progress = setInterval(() => {
    const elapsed = formatElapsed(Date.now() - startedAt);
    if (compiled > 0) report(`  ${compiled} of up to ${PACKAGES_OF_A_COLD_BUILD} packages compiled, ${elapsed}`);
    else report(`  ${downloaded} modules downloaded, nothing compiled yet, ${elapsed}`);
  }, PROGRESS_INTERVAL_MS);
  const endWithParent = (): boolean => child.kill();
  process.once('exit', endWithParent);
  try {
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? String(code)));
    });
    if (exit !== '0') throw new Error(`\`go install ${CLI_MODULE}\` ended with ${exit}:\n${output.text()}`);
  } finally {
    clearInterval(progress);
    process.off('exit', endWithParent);
  }
  report(`  built in ${formatElapsed(Date.now() - startedAt)}`);
  return join(directory, executableName('temporal'));
}
