// Which Node to run on, and how it gets onto this machine. Runs on old versions of Node, before `npm ci`: plain
// JavaScript that imports nothing but Node and its like.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.mjs';
import { npmCommand, ROOT, runQuietly } from './run.mjs';

const LEFTOVER_AFTER_MS = 60 * 60_000;
const UNFINISHED = '.unfinished-';

const RELEASES = JSON.parse(readFileSync(join(ROOT, 'scripts', 'node-releases.json'), 'utf8'));
const ENGINES = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node;

/** The oldest version that will do, such as `22.19`. */
export const MINIMUM_NODE = ENGINES.replace(/^>=/, '');

const INSTALL_YOURSELF = `Install Node ${MINIMUM_NODE} or newer yourself: https://nodejs.org/en/download`;

export class NodeError extends Error {}

export function isNewEnough(version, minimum = MINIMUM_NODE) {
  const [major, minor] = version.split('.').map(Number);
  const [minimumMajor, minimumMinor] = minimum.split('.').map(Number);
  return major > minimumMajor || (major === minimumMajor && minor >= minimumMinor);
}

/**
 * The release of a major version for a platform.
 * @returns undefined where none is known
 */
export function releaseOf(major, platform = process.platform, arch = process.arch) {
  return RELEASES[major][`${platform}-${arch}`];
}

/** What commands run on where Node is too old; undefined where none is known. */
export function preferredRelease(platform = process.platform, arch = process.arch) {
  return releaseOf('24', platform, arch) ?? releaseOf('22', platform, arch);
}

/** Where a release lies in the cache, whether it is there or not. */
export function cachedNode(release, env = process.env) {
  const folder = join(cacheDirectory(env), 'node', `${release.package}-${release.version}`);
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return { folder, program: join(folder, 'node_modules', release.package, 'bin', program) };
}

/**
 * The path of a Node of the release. Fetched at its first use by npm, which checks the pinned hash. It is unpacked beside
 * its place and renamed at the end: what is there is whole, and two that fetch at once do not disturb each other.
 * @param {(line: string) => void} report
 * @throws NodeError with what to do
 */
export async function nodeOf(release, report) {
  if (release === undefined) {
    throw new NodeError(`npm has no Node for ${process.platform}-${process.arch}. ${INSTALL_YOURSELF}`);
  }
  const { folder, program } = cachedNode(release);
  if (existsSync(program)) return program;
  const parent = join(folder, '..');
  const unfinished = makeFolder(parent);
  try {
    await download(release, unfinished, report);
    const built = join(unfinished, program.slice(folder.length));
    const { stdout, stderr, error } = spawnSync(built, ['--version'], { encoding: 'utf8' });
    if (stdout?.trim() !== `v${release.version}`) {
      throw new NodeError(
        `Node ${release.version} does not run here: ${error?.message ?? stderr.trim()}. ${INSTALL_YOURSELF}`,
      );
    }
    putInPlace(unfinished, folder, program);
    return program;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function makeFolder(parent) {
  try {
    mkdirSync(parent, { recursive: true });
    for (const name of readdirSync(parent).filter((entry) => entry.startsWith(UNFINISHED))) {
      const path = join(parent, name);
      if (Date.now() - statSync(path).mtimeMs > LEFTOVER_AFTER_MS) rmSync(path, { recursive: true, force: true });
    }
    return mkdtempSync(join(parent, UNFINISHED));
  } catch (error) {
    const instead = 'Set HOLDFAST_CACHE_DIR to a folder that can be written.';
    throw new NodeError(`Node cannot be kept in ${parent} (${error.code}). ${instead} Or: ${INSTALL_YOURSELF}`);
  }
}

async function download({ package: name, version, integrity }, folder, report) {
  const root = { dependencies: { [name]: version } };
  const packages = { '': root, [`node_modules/${name}`]: { version, integrity } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(root));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
  const install = ['ci', `--prefix=${folder}`, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await runQuietly(`fetching Node ${version} by npm, once`, [...npmCommand(), ...install], report);
  } catch (error) {
    throw new NodeError(`${error.message}\n\nnpm has to reach its registry for it. Or: ${INSTALL_YOURSELF}`);
  }
}

function putInPlace(unfinished, folder, program) {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another set-up was faster; its copy is as good.
    if (!existsSync(program)) throw error;
  }
}
