import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheDirectory } from '../../scripts/cache-directory.mjs';
import {
  cachedNode,
  isNewEnough,
  MINIMUM_NODE,
  nodeOf,
  preferredRelease,
  releaseOf,
} from '../../scripts/node-release.mjs';
import { cacheDirectory as cacheDirectoryOfPrograms } from '../../src/dev-server/cache-directory.js';
import { fakeNpm } from '../helpers/fake-npm.js';

const RELEASE = { package: 'node-test', version: '24.1.2', integrity: 'sha512-AAAA' };

let folder: string;
let lines: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-node-'));
  lines = [];
  vi.stubEnv('HOLDFAST_CACHE_DIR', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const fetchIt = () => nodeOf(RELEASE, (line) => lines.push(line));
const inCache = () => readdir(join(folder, 'cache', 'node'));

test.each<[version: string, minimum: string, enough: boolean]>([
  ['20.20.2', '22.19', false],
  ['22.18.9', '22.19', false],
  ['22.19.0', '22.19', true],
  ['22.20.1', '22.19', true],
  ['23.0.0', '22.19', true],
  ['24.22.3', '22.19', true],
  ['9.9.9', '22.19', false],
])('Node %s where %s is the least: %s', (version, minimum, enough) => {
  expect(isNewEnough(version, minimum)).toBe(enough);
});

test.each([
  ['linux', 'x64'],
  ['linux', 'arm64'],
  ['darwin', 'x64'],
  ['darwin', 'arm64'],
  ['win32', 'x64'],
  ['win32', 'arm64'],
])('for %s-%s there is a release that is new enough, with its hash', (platform, arch) => {
  for (const release of [preferredRelease(platform, arch), releaseOf('22', platform, arch)]) {
    expect(isNewEnough(release?.version ?? '0.0')).toBe(true);
    expect(release?.integrity).toMatch(/^sha512-[\w+/]{86}==$/);
  }
});

test('the cache is the one that the program uses', () => {
  const home = { HOME: '/home/ada' };
  for (const env of [
    home,
    { ...home, XDG_CACHE_HOME: '/cache' },
    { ...home, LOCALAPPDATA: 'C:/local' },
    { HOLDFAST_CACHE_DIR: '/own' },
  ]) {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      expect(cacheDirectory(env, platform)).toBe(cacheDirectoryOfPrograms(env, platform));
    }
  }
});

describe('fetching a Node', () => {
  test('npm installs the one version with the pinned hash; from then on nothing is asked', async () => {
    const npm = await fakeNpm(folder, RELEASE);
    const node = await fetchIt();
    expect(node).toBe(cachedNode(RELEASE).program);
    expect(lines[0]).toBe('fetching Node 24.1.2 by npm, once');
    const lock = await readFile(join(cachedNode(RELEASE).folder, 'package-lock.json'), 'utf8');
    expect(JSON.parse(lock)).toMatchObject({
      packages: { 'node_modules/node-test': { version: '24.1.2', integrity: 'sha512-AAAA' } },
    });
    expect(await fetchIt()).toBe(node);
    expect(await npm.calls()).toHaveLength(1);
  });

  test('two at once: both get it whole, and nothing is left beside it', async () => {
    await fakeNpm(folder, RELEASE);
    expect(await Promise.all([fetchIt(), fetchIt()])).toEqual([
      cachedNode(RELEASE).program,
      cachedNode(RELEASE).program,
    ]);
    expect(await inCache()).toEqual(['node-test-24.1.2']);
  });

  test('what a killed one left is not used, and is removed after an hour', async () => {
    await fakeNpm(folder, RELEASE);
    const [old, young] = ['.unfinished-old', '.unfinished-young'].map((name) => join(folder, 'cache', 'node', name));
    for (const left of [old, young]) await mkdir(left as string, { recursive: true });
    const earlier = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(old as string, earlier, earlier);
    await fetchIt();
    expect(await inCache()).toEqual(['.unfinished-young', 'node-test-24.1.2']);
  });

  test.each<[what: string, npm: Parameters<typeof fakeNpm>[2], message: RegExp]>([
    [
      'without a way to the registry',
      { fails: 'npm error code ENOTFOUND' },
      /ENOTFOUND[^]*npm has to reach its registry/,
    ],
    ['with another hash', { fails: 'npm error code EINTEGRITY' }, /EINTEGRITY/],
    [
      'that does not run on this machine',
      { answers: 'echo "no such libc" >&2; exit 1' },
      /does not run here: no such libc/,
    ],
    ['that is another version', { answers: 'echo v24.0.0' }, /does not run here/],
  ])('one %s: the reason, what to do instead, and nothing in the cache', async (_, npm, message) => {
    await fakeNpm(folder, RELEASE, npm);
    const failure = fetchIt();
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(`Install Node ${MINIMUM_NODE} or newer yourself`);
    expect(await inCache()).toEqual([]);
  });

  test('without npm the message says so', async () => {
    vi.stubEnv('npm_execpath', undefined);
    vi.stubEnv('PATH', folder);
    await expect(fetchIt()).rejects.toThrow(/npm could not be started[^]*Install Node/);
  });

  test('into a cache that cannot be written: the message names the variable', async () => {
    await writeFile(join(folder, 'cache'), 'a file');
    await expect(fetchIt()).rejects.toThrow(/cannot be kept in .*cache.*HOLDFAST_CACHE_DIR/);
  });

  test('for a platform without one: the message says so', async () => {
    await expect(nodeOf(undefined, () => undefined)).rejects.toThrow(/npm has no Node for .*Install Node/);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });
});
