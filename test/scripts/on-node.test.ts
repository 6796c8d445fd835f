import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cachedNode, isNewEnough, preferredRelease, type NodeRelease } from '../../scripts/node-release.mjs';
import { fakeNpm } from '../helpers/fake-npm.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOLDFAST = join(ROOT, 'scripts', 'holdfast.mjs');
/** Makes a Node believe that it is an old one. */
const AS_OLD = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;
const RELEASE = preferredRelease() as NodeRelease;

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-on-node-')));
  vi.stubEnv('HOLDFAST_CACHE_DIR', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const onOldNode = (args: string[]) =>
  spawnSync(process.execPath, ['--import', AS_OLD, HOLDFAST, ...args], { cwd: folder, encoding: 'utf8' });

test('on an old Node a command runs on the newer one, from its own folder, with its arguments and its exit code', async () => {
  const shows = 'echo "ran $3 $4 in $PWD; first on the PATH: ${PATH%%:*}"; exit 7';
  await fakeNpm(folder, RELEASE, { answers: `[ "$1" = --version ] && echo v${RELEASE.version} || { ${shows}; }` });
  const ran = `ran ${HOLDFAST} list in ${folder}; first on the PATH: ${dirname(cachedNode(RELEASE).program)}\n`;

  const first = onOldNode(['list']);
  expect(first).toMatchObject({ stdout: ran, status: 7 });
  expect(first.stderr).toContain('this is 20.20.2');
  // Told once.
  expect(onOldNode(['list'])).toMatchObject({ stdout: ran, stderr: '', status: 7 });
});

test('where the newer one cannot be had, the command says why and what to do', async () => {
  await fakeNpm(folder, RELEASE, { fails: 'npm error network is unreachable' });
  const { status, stderr, stdout } = onOldNode(['list']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^Holdfast needs Node .* this is 20\.20\.2[^]*network is unreachable[^]*nodejs\.org/);
});

/** A Node of this machine that is too old, if there is one. */
const old = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'node'))
  .filter((path) => existsSync(path))
  .find((path) => !isNewEnough(spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout));

/** Puts a program at the place of the newer Node. */
async function cacheNode(script: string) {
  const { program } = cachedNode(RELEASE);
  await mkdir(dirname(program), { recursive: true });
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const runOnOldNode = (args: string[]) => promisify(execFile)(old as string, args, { cwd: folder });

test.runIf(old !== undefined)(
  'on a Node of this machine that is too old, `holdfast --version` runs on a newer one',
  async () => {
    await cacheNode(`exec ${process.execPath} "$@"`);
    const { stdout, stderr } = await runOnOldNode([HOLDFAST, '--version']);
    expect({ stdout, stderr }).toEqual({ stdout: '0.1.0\n', stderr: '' });
  },
);

/** They import nothing but Node, and do their work on any. */
const ON_ANY_NODE = ['bench/demo.mjs', 'scripts/check-compose.mjs'];

// What a module imports by name has to be there before any of it runs: the old Node reads all of them.
test.runIf(old !== undefined)(
  'each script of package.json gets as far as the newer Node on a Node of this machine that is too old',
  async () => {
    await cacheNode('echo "ran $1"');
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const modules = Object.values(scripts).flatMap((script: string) => /^node (\S+)/.exec(script)?.[1] ?? []);
    expect(modules.length).toBeGreaterThan(20);
    for (const module of modules.filter((module) => !ON_ANY_NODE.includes(module))) {
      const script = join(ROOT, module);
      expect((await runOnOldNode([script])).stdout, module).toBe(`ran ${script}\n`);
    }
  },
);
