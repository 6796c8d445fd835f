import { join } from 'node:path';
import { BUILT_CLI_VERSION, executableName } from './cache-directory.js';
import { findOnPath, type ServerVersion } from './probe.js';
import { formatElapsed } from './progress.js';
import { runProgram } from './run-program.js';

const CLI_MODULE = `github.com/temporalio/cli/cmd/temporal@v${BUILT_CLI_VERSION}`;
const PROGRESS_INTERVAL_MS = 10_000;

/** Compilations of a build that starts with an empty Go cache: `go install -n` lists so many. */
const PACKAGES_OF_A_COLD_BUILD = 1_297;

/** What `BUILT_CLI_VERSION` has. Later releases need a module of theirs that is published nowhere. */
export const BUILT_SERVER: ServerVersion = { major: 1, minor: 29 };

export interface BuildCliOptions {
  /** An empty directory that receives the binary. */
  directory: string;
  env: NodeJS.ProcessEnv;
  report: (line: string) => void;
}

/**
 * Builds the Temporal CLI from its Go module and returns the path of the binary.
 * @throws Error without Go, or with the last lines that it printed
 */
export async function buildCli({ directory, env, report }: BuildCliOptions): Promise<string> {
  const go = findOnPath('go', env);
  if (go === undefined) throw new Error('Go is not on PATH');
  report(`building the Temporal CLI ${BUILT_CLI_VERSION} with Go: 5 to 12 minutes the first time, then it is kept`);
  const startedAt = Date.now();
  let downloaded = 0;
  let compiled = 0;
  const progress = setInterval(() => {
    const elapsed = formatElapsed(Date.now() - startedAt);
    if (compiled > 0) report(`  ${compiled} of up to ${PACKAGES_OF_A_COLD_BUILD} packages compiled, ${elapsed}`);
    else report(`  ${downloaded} modules downloaded, nothing compiled yet, ${elapsed}`);
  }, PROGRESS_INTERVAL_MS);
  try {
    await runProgram([go, 'install', '-v', CLI_MODULE], {
      what: `\`go install ${CLI_MODULE}\``,
      // Outside any module or workspace, which would change what `go install` resolves.
      cwd: directory,
      env: { ...env, GOBIN: directory, GOWORK: 'off' },
      onLine: (line) => {
        if (line.startsWith('go: downloading ')) downloaded += 1;
        else if (!line.startsWith('go: ')) compiled += 1;
      },
    });
  } finally {
    clearInterval(progress);
  }
  report(`  built in ${formatElapsed(Date.now() - startedAt)}`);
  return join(directory, executableName('temporal'));
}
