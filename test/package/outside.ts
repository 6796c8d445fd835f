import { execFile } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { npmCommand } from '../../scripts/run.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const run = promisify(execFile);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface LockEntry extends Manifest {
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Names of the packages and their tarballs. */
export type Packed = Readonly<Record<'holdfast' | '@holdfast/client', string>>;

/** What `npm run pack -- --out DIR` makes. */
export async function pack(folder: string): Promise<Packed> {
  await run(process.execPath, [join(ROOT, 'scripts', 'pack.mjs'), '--out', folder]);
  const tarball = (start: RegExp) => join(folder, readdirSync(folder).find((name) => start.test(name)) ?? 'none');
  return { holdfast: tarball(/^holdfast-\d/), '@holdfast/client': tarball(/^holdfast-client-/) };
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-outside-'));
}

/**
 * A project outside of the clone that has both packages. In CI npm itself installs them; elsewhere, and where npm does not reach its
 * registry, they come with links to the versions of the lock file, which takes a tenth of the time.
 */
export async function installBoth(project: string, packed: Packed): Promise<void> {
  if (process.env['REQUIRE_ALL'] === '1') {
    const why = await installByNpm(project, Object.values(packed));
    if (why === null) return;
    console.warn(`not installed by npm, but by links to the versions of the lock file: ${why}`);
    rmSync(join(project, 'node_modules'), { recursive: true, force: true, maxRetries: 10 });
  }
  for (const [name, tarball] of Object.entries(packed)) await install(project, name, tarball);
}

/** What npm says where it does not reach its registry, or has no room. */
const CANNOT =
  /^npm error code (?:ENOTFOUND|ENOTCACHED|ENOSPC|ECONN\w+|E(?:HOST|NET)UNREACH|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E5\d\d|E40[37]|\w*CERT\w*)$/m;

/** With packages in npm's cache it takes 16 s of a processor. */
const INSTALL_MS = 200_000;

/** @returns why npm cannot; null: all is installed */
async function installByNpm(project: string, tarballs: readonly string[]): Promise<string | null> {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'outside', private: true }));
  const [program, ...args] = npmCommand() as [string, ...string[]];
  const options = ['--prefix', project, '--prefer-offline', '--ignore-scripts', '--no-audit', '--fetch-retries', '0'];
  try {
    await run(program, [...args, 'install', ...options, ...tarballs], {
      cwd: project,
      timeout: INSTALL_MS,
    });
    return null;
  } catch (error) {
    const { killed, stderr } = error as { readonly killed?: boolean; readonly stderr?: string };
    if (killed === true) return `it took more than ${INSTALL_MS / 1000} s`;
    if (stderr !== undefined && CANNOT.test(stderr)) return stderr;
    throw error;
  }
}

/** A project outside of the clone that has what is in a tarball, and what that depends on, in the versions of the lock file. */
export async function install(project: string, name: string, tarball: string): Promise<Installed> {
  const modules = join(project, 'node_modules');
  const folder = join(modules, name);
  mkdirSync(folder, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  const packages = neededBy(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest);
  for (const path of packages) {
    // One within another comes with it.
    if (path.lastIndexOf('node_modules/') === 0) linkFromRoot(project, path.slice('node_modules/'.length));
  }
  return {
    folder,
    bytes: [folder, ...packages.map((path) => join(ROOT, path))].reduce((sum, path) => sum + bytesOf(path), 0),
    packages: packages.length + 1,
  };
}

/** Gives a project a package of the lock file, unless it has one of that name. */
export function linkFromRoot(project: string, name: string): void {
  const link = join(project, 'node_modules', name);
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), link);
}

interface Installed {
  readonly folder: string;
  /** With its dependencies. */
  readonly packages: number;
  readonly bytes: number;
}

/** Where the lock file has what a package needs. */
function neededBy(manifest: Manifest): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  const found = new Set<string>();
  const find = (from: string, { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }: LockEntry) => {
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys(dependencies), ...peers]) {
      const path = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((known) => known in packages);
      if (path === undefined) throw new Error(`the lock file has no ${name}`);
      if (found.has(path)) continue;
      found.add(path);
      find(path, packages[path] ?? {});
    }
  };
  find('', manifest);
  return [...found];
}

function bytesOf(path: string): number {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .reduce((sum, { name }) => sum + bytesOf(join(path, name)), 0);
}

/** What a program prints, whatever its exit code is: its standard output, then its errors. */
export async function outputOf(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const ended = run(process.execPath, [...args], { cwd, env: { ...process.env, ...env } });
  const { stdout, stderr } = await ended.catch((error: unknown) => error as { stdout: string; stderr: string });
  return stdout + stderr;
}
