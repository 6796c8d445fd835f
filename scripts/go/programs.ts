import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, executableName } from '../../src/dev-server/cache-directory.js';
import { withFileLock } from '../../src/dev-server/file-lock.js';
import { findOnPath } from '../../src/dev-server/probe.js';
import { runQuietly } from '../run.mjs';

interface GoProgram {
  /** Its source, a folder of `test/clients/go`. */
  readonly source: string;
  /** The module that it uses, as the source names it. */
  readonly module: string;
  readonly version: string;
}

const OPENAI = { source: 'openai-go', module: 'github.com/openai/openai-go/v3' } as const;

/** Programs with clients for Go, each at one version: their readers of streams are the strict ones. */
export const GO_PROGRAMS = {
  'openai-go-v1': { ...OPENAI, version: 'v1.12.0' },
  'openai-go-v2': { ...OPENAI, version: 'v2.7.1' },
  'openai-go-v3.42': { ...OPENAI, version: 'v3.42.0' },
  'openai-go-v3.43': { ...OPENAI, version: 'v3.43.0' },
  'go-openai': { source: 'go-openai', module: 'github.com/sashabaranov/go-openai', version: 'v1.43.0' },
  langchaingo: { source: 'langchaingo', module: 'github.com/tmc/langchaingo', version: 'v0.1.13' },
} as const satisfies Record<string, GoProgram>;

export type GoProgramName = keyof typeof GO_PROGRAMS;

const SOURCES = new URL('../../test/clients/go/', import.meta.url);

/** A module of Go's has its major version in its path, from the second on: one source serves all of them. */
function moduleOf({ module, version }: GoProgram): string {
  const major = /^v(\d+)/.exec(version)?.[1] ?? '0';
  const path = module.replace(/\/v\d+$/, '');
  return Number(major) < 2 ? path : `${path}/v${major}`;
}

function sourceOf(program: GoProgram): string {
  const text = readFileSync(fileURLToPath(new URL(`${program.source}/main.go`, SOURCES)), 'utf8');
  return text.replaceAll(program.module, moduleOf(program));
}

/** In the user's cache, named for exactly this source and version. */
function folderOf(name: GoProgramName): string {
  const program = GO_PROGRAMS[name];
  const hash = createHash('sha256')
    .update(`${program.version}\n${sourceOf(program)}`)
    .digest('hex')
    .slice(0, 12);
  return join(cacheDirectory(process.env), 'go', `${name}-${hash}`);
}

/**
 * Builds a program, unless it is there, and returns its path. Modules come from Go's proxy, checked against its database.
 * @throws Error when there is no Go, or with the last lines of what failed
 */
export async function makeGoProgram(name: GoProgramName, report: (line: string) => void): Promise<string> {
  const program: GoProgram = GO_PROGRAMS[name];
  const folder = folderOf(name);
  const built = join(folder, executableName('program'));
  return withFileLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(built)) return built;
      const go = findOnPath('go', process.env);
      if (go === undefined) throw new Error('go is not on PATH; install Go 1.23 or newer');
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const needed = `module program\n\ngo 1.23\n\nrequire ${moduleOf(program)} ${program.version}\n`;
      await writeFile(join(folder, 'go.mod'), needed);
      await writeFile(join(folder, 'main.go'), sourceOf(program));
      const unfinished = `${built}.part`;
      // Go takes the folder to build in from its first argument.
      await runQuietly(`building ${name}`, [go, 'build', '-C', folder, '-mod=mod', '-o', unfinished, '.'], report);
      await rename(unfinished, built);
      return built;
    },
    { onWait: () => report(`another process is building ${name}; waiting for it`) },
  );
}
