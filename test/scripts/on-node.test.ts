import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cachedNode, isNewEnough, preferredRelease, type NodeRelease } from '../../scripts/node-release.mjs';
import { fakeNpm } from '../helpers/fake-npm.js';

const HOLDFAST = fileURLToPath(new URL('../../scripts/holdfast.mjs', import.meta.url));
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

test.runIf(old !== undefined)(
  'on a Node of this machine that is too old, `holdfast --version` runs on a newer one',
  async () => {
    const { program } = cachedNode(RELEASE);
    await mkdir(dirname(program), { recursive: true });
    await writeFile(program, `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    const { stdout, stderr } = await promisify(execFile)(old as string, [HOLDFAST, '--version'], { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: '0.1.0\n', stderr: '' });
  },
);
